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
        let report = run_main_job(dir.path(), key(), system_clock(), None, &mut |step| println!("{step:?}")).await.unwrap();
        assert!(report.ok, "{report:#?}");
        println!("{} ms", report.ms);
        assert!(report.ms <= 20_000, "the demo promises to take at most 20 s: {} ms", report.ms);
    }
}

/// Somebody's own configuration: not overwritten, and nothing is made beside it.
#[tokio::test(flavor = "multi_thread")]
async fn a_home_with_a_configuration_of_its_own_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("config.toml");
    let own = "[providers.google]\nclient_id = \"mine\"\n";
    let run = async || run_main_job(dir.path(), key(), system_clock(), None, &mut |_| {}).await;
    std::fs::write(&config, own).unwrap();
    assert_eq!(run().await.unwrap_err().code, "real_workspace");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was made");
    std::fs::remove_file(&config).unwrap();
    assert!(run().await.unwrap().ok);
    // In a demo's home, too: the person went on to set it up.
    std::fs::write(&config, own).unwrap();
    assert_eq!(run().await.unwrap_err().code, "real_workspace");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), own);
    std::fs::remove_file(&config).unwrap();
    assert!(run().await.unwrap().ok);
}
