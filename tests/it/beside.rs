//! Commands beside each other in one home. Each becomes the holder, or asks the one that is there, starting or leaving; the person
//! must never see which.

use std::process::Output;

use crate::support::Home;

#[test]
fn commands_that_start_at_the_same_moment_all_succeed() {
    let home = Home::new();
    // The first of them makes the home, too.
    for round in 0..2 {
        let children: Vec<_> = (0..16).map(|n| home.start(if n % 2 == 0 { &["connections"] } else { &["audit"] })).collect();
        let outputs: Vec<Output> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        let failed: Vec<_> =
            outputs.iter().filter(|o| !o.status.success()).map(|o| String::from_utf8_lossy(&o.stderr).into_owned()).collect();
        assert!(failed.is_empty(), "round {round}: {} of {} failed: {failed:?}", failed.len(), outputs.len());
    }
}
