//! What is counted, and what is wrong.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A file and what is wrong with it.
pub(crate) type Violation = (String, String);

/// How often.
#[derive(Default)]
pub(crate) struct Counts(BTreeMap<String, BTreeMap<&'static str, usize>>);

impl Counts {
    pub(crate) fn add(&mut self, row: impl Into<String>, column: &'static str) {
        *self.0.entry(row.into()).or_default().entry(column).or_default() += 1;
    }

    /// A table, the most frequent first.
    pub(crate) fn print(&self, title: &str, columns: &[&str]) {
        println!("\n{title:<32}{}", columns.iter().map(|column| format!("{column:>12}")).collect::<String>());
        let count = |row: &BTreeMap<&str, usize>, column| row.get(column).copied().unwrap_or_default();
        let mut rows: Vec<_> = self.0.iter().collect();
        rows.sort_by_key(|(_, row)| std::cmp::Reverse(columns.iter().map(|column| count(row, *column)).max()));
        for (name, row) in rows {
            let cells: String = columns.iter().map(|column| format!("{:>12}", count(row, *column))).collect();
            println!("{name:<32}{cells}");
        }
    }
}

/// Fails when anything is wrong, and says what and where.
pub(crate) fn judge(what: &str, violations: &[Violation]) {
    if violations.is_empty() {
        println!("\n{what}: no violation");
        return;
    }
    let first: String = violations.iter().take(20).map(|(name, why)| format!("\n  {name}: {why}")).collect();
    panic!("{what}: {} violations, the first of them:{first}", violations.len());
}

/// Does the work for every item, side by side; each on a thread of its own that bears its name, so that a panic is one
/// item's result and an overflow of the stack names the item.
pub(crate) fn each<T: Send>(names: &[String], work: impl Fn(&str) -> T + Sync) -> Vec<(String, Result<T, String>)> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let one = |name: &String| {
        thread::scope(|scope| {
            let thread = thread::Builder::new().name(name.clone()).spawn_scoped(scope, || work(name)).unwrap();
            thread.join().map_err(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
            })
        })
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = one(name);
                    done.lock().unwrap().push((name.clone(), result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by(|(a, _), (b, _)| a.cmp(b));
    done
}
