//! What the person looks at sets the pace of the sync: through the shell's own commands, as the window calls them.

use std::time::Duration;

use aurelius_lib::{Options, headless::Headless};
use serde_json::{Value, json};

/// Milliseconds between two rounds of the account that shows its inbox.
async fn pace(shell: &Headless) -> Option<i64> {
    let status = shell.call("status", json!({})).await.unwrap();
    let source = status["sources"].as_array()?.first()?.clone();
    let at = |key: &str| source[key].as_f64().map(|ms| ms as i64);
    Some(at("nextSync")? - at("lastSync")?)
}

async fn comes_to(shell: &Headless, wanted: std::ops::RangeInclusive<i64>) -> Result<(), Option<i64>> {
    let mut last = None;
    for _ in 0..600 {
        last = pace(shell).await;
        if last.is_some_and(|ms| wanted.contains(&ms)) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(last)
}

#[test]
fn focus_and_the_list_on_screen_set_the_pace() {
    Headless::block_on(async {
        let shell = Headless::new(Options { demo: true, ..Options::default() }, |_| {});
        // Before there is a workspace: it is told when it opens.
        shell.focus(true).await;
        shell.boot().await;
        comes_to(&shell, 1..=20_000).await.expect("in front, the inbox is asked every 15 seconds");
        shell.focus(false).await;
        comes_to(&shell, 100_000..=140_000).await.expect("in the background every two minutes");
        let list: Value =
            json!({"filter": {"role": "inbox", "mailbox": null, "account": null, "unread": false, "split": null}, "offset": 0, "limit": 1});
        shell.call("threads", list).await.unwrap();
        shell.focus(true).await;
        comes_to(&shell, 1..=20_000).await.expect("in front again");
        shell.close().await;
    });
}
