#![allow(clippy::unwrap_used)]

use domain::{SecretString, time::system_clock};

use super::*;

fn key() -> KeySource {
    KeySource::Passphrase(SecretString::from("demo".to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_runs_and_runs_again() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let report = run_main_job(dir.path(), key(), system_clock(), &mut |step| println!("{step:?}")).await.unwrap();
        assert!(report.ok, "{report:#?}");
        println!("{} ms", report.ms);
    }
}
