//! What the kubelet decides for `runAsNonRoot: true` without `runAsUser`, by the image's user alone: the text before the
//! colon is a number or a name (CRI), a name or a 0 is refused (`verifyRunAsNonRoot`).

/// The uid that it accepts, or why it refuses.
pub(super) fn judge(user: &str) -> Result<u32, String> {
    let name = user.split(':').next().unwrap_or_default();
    if name.is_empty() {
        return Err("the image has no user, so it would run as root".to_owned());
    }
    let Ok(uid) = name.parse::<i64>() else {
        return Err(format!("{name} is a name, and only a number can be checked"));
    };
    match u32::try_from(uid).ok().filter(|uid| *uid <= i32::MAX as u32) {
        Some(0) => Err("the image would run as root".to_owned()),
        Some(uid) => Ok(uid),
        None => Err(format!("{name} is no uid")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_that_is_not_0_is_accepted() {
        for (user, uid) in [("1000", 1000), ("1000:1000", 1000), ("65532:root", 65532), ("+7", 7), ("007", 7)] {
            assert_eq!(judge(user), Ok(uid));
        }
        for (user, part) in [
            ("", "no user"),
            (":1000", "no user"),
            ("0", "root"),
            ("00:10001", "root"),
            ("root", "is a name"),
            ("app:1000", "is a name"),
            ("-1", "no uid"),
            ("2147483648", "no uid"),
            ("99999999999999999999", "is a name"),
        ] {
            assert!(judge(user).unwrap_err().contains(part), "{user}");
        }
    }
}
