//! What parsing, modelling and fixing one ordinary Dockerfile costs.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use unroot::context::Memory;
use unroot::model::Model;
use unroot::options::Options;
use unroot::{Dockerfile, fix_one, syntax};

const TEXT: &str = include_str!("../tests/cases/python-chown-run/Dockerfile");

fn pipeline(criterion: &mut Criterion) {
    criterion.bench_function("parse", |bencher| bencher.iter(|| syntax::parse(black_box(TEXT.as_bytes()))));
    let tree = syntax::parse(TEXT.as_bytes());
    criterion.bench_function("model", |bencher| bencher.iter(|| Model::new(black_box(TEXT.as_bytes()), &tree)));
    let dockerfile = Dockerfile {
        shown: b"Dockerfile".to_vec(),
        path: Some("Dockerfile".to_owned()),
        bytes: TEXT.as_bytes().to_vec(),
    };
    let (files, options) = (Memory::default(), Options::default());
    criterion.bench_function("fix", |bencher| bencher.iter(|| fix_one(black_box(&dockerfile), &files, &options)));
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
