//! `cargo xtask bench [NAME]`: the ignored tests named `bench_*`, in release mode. Timings are never part of `test`.

use crate::{
    setup,
    shell::{Outcome, cargo, step},
};

pub fn bench(args: &[String]) -> Outcome {
    setup::for_tests()?;
    setup::interface()?;
    let filter = format!("bench_{}", args.first().map_or("", String::as_str));
    step(
        "bench",
        &mut cargo(&["test", "--release", "--quiet", "--test", "it", "--", "--ignored", "--nocapture", "--test-threads=1", &filter]),
    )
}
