//! Configuration and YAML that is broken by chance: nothing panics, and every place lies in the text.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use support::Random;
use unroot::compose;
use unroot::facts::Dialect;
use unroot::model::server;
use unroot::yaml;

const BITS: [&str; 30] = [
    ";", "{", "}", "<", ">", "</", "\"", "'", "\\", "\n", "\r\n", "#", "${", "$", "\t", "  ", "- ", ": ", ":", "[",
    "]", "&a ", "*a", "|", "<<: *a", "ä", "\u{feff}", "---\n", "80", ",",
];

const TEXTS: [&str; 8] = [
    "user nginx;\nhttp {\n  server { listen 80; root \"/a b\"; if ($x) { return 200 'a;b'; } }\n}\n",
    "Listen 80\n<VirtualHost *:80>\n  ErrorLog \"/x y\" \\\n    z\n</VirtualHost>\n",
    "a.example:80 {\n  root * /srv\n  import parts\n}\n(parts) {\n  log {\n    output stdout\n  }\n}\n",
    "<Server port=\"8005\">\n <!-- x -->\n <Connector port=\"80\" protocol='HTTP/1.1'/>\n</Server>\n",
    "var.a = \"/x\"\nserver.port = 80\nserver.modules += ( \"a\", \"b\" => (\"c\" => 1) )\n$SERVER[\"socket\"] == \":81\" { b = var.a + \"/y\" }\n",
    "[a.b]\nc = ':80' # x\nd = {e = [\"f\", 'g'], h = 1}\n[[i]]\nj = \"\"\"\nk\"\"\"\n",
    "x: &a {b: [1, 'c']}\nservices:\n  web:\n    build: .\n    ports:\n      - \"80:80\" # ä\n    environment: {PORT: 80, A: *a}\n",
    "services:\n  web: {expose: [80], healthcheck: {test: [CMD, curl, 'http://localhost/']}}\n  api:\n    environment:\n      - URL=http://web/\n",
];

fn broken(text: &str, random: &mut Random) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..1 + random.below(6) {
        let at = random.below(bytes.len() + 1);
        let to = (at + random.below(5)).min(bytes.len());
        match random.below(4) {
            0 => drop(bytes.drain(at..to)),
            1 => bytes.insert(at, u8::try_from(random.below(256)).unwrap()),
            _ => drop(bytes.splice(at..at, random.pick(&BITS).bytes())),
        }
    }
    bytes
}

#[test]
fn what_is_broken_is_read_or_not() {
    let count: u64 = std::env::var("UNROOT_FILES").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let (mut confs, mut trees, mut moves) = (0, 0, 0);
    for seed in 1..=count {
        let random = &mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let text = broken(TEXTS[random.below(TEXTS.len())], random);
        let dialects =
            [Dialect::Braces, Dialect::Lines, Dialect::Caddyfile, Dialect::Xml, Dialect::Assignments, Dialect::Keys];
        for dialect in dialects {
            for said in server::read(&text, dialect).into_iter().flatten() {
                confs += 1;
                let inside = |start: usize, end: usize| start <= end && end <= text.len();
                assert!(inside(said.span.start, said.span.end), "seed {seed}");
                assert!(said.words.iter().all(|word| inside(word.span.start, word.span.end)), "seed {seed}");
            }
        }
        for document in yaml::tree(&text).into_iter().flatten() {
            trees += 1;
            let all = document.scalars();
            assert!(all.iter().all(|node| text.get(node.span.range()).is_some()), "seed {seed}");
        }
        if let Ok(edits) = compose::moved(&text, "web", 80, 8080, &[]) {
            moves += 1;
            assert!(edits.iter().all(|(span, _)| text.get(span.range()).is_some()), "seed {seed}");
        }
    }
    assert!(
        confs as u64 > count / 4 && trees as u64 > count / 4 && moves as u64 > count / 40,
        "{confs} {trees} {moves}"
    );
}
