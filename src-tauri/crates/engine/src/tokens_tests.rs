use super::*;

fn stored(received: i64, expires: Option<i64>) -> Stored {
    Stored { access: "a".into(), refresh: None, expires_at: expires.map(Timestamp), received_at: Timestamp(received) }
}

const MINUTE: i64 = 60_000;

#[test]
fn refreshed_five_minutes_ahead() {
    let t = stored(0, Some(60 * MINUTE));
    assert!(t.fresh(Timestamp(54 * MINUTE)));
    assert!(!t.fresh(Timestamp(55 * MINUTE)));
}

#[test]
fn short_lived_tokens_are_used_for_half_of_their_life() {
    let t = stored(0, Some(2 * MINUTE));
    assert!(t.fresh(Timestamp(MINUTE - 1)));
    assert!(!t.fresh(Timestamp(MINUTE)));
}

#[test]
fn unknown_is_not_for_ever_and_a_clock_that_went_back_proves_nothing() {
    let mut renewable = stored(0, None);
    renewable.refresh = Some("r".into());
    assert!(renewable.fresh(Timestamp(40 * MINUTE)));
    assert!(!renewable.fresh(Timestamp(50 * MINUTE)));
    assert!(!stored(100 * MINUTE, Some(160 * MINUTE)).fresh(Timestamp(0)));
}

#[test]
fn a_reply_without_a_refresh_token_keeps_the_old_one() {
    let set = TokenSet { access_token: "new".to_owned().into(), refresh_token: None, expires_at: None, scopes: None, identity: None };
    assert_eq!(Stored::of(&set, Some("old"), Timestamp(0)).refresh.as_deref(), Some("old"));
}

#[test]
fn what_has_neither_an_end_nor_a_successor_is_used_until_it_is_refused() {
    assert!(stored(0, None).fresh(Timestamp(500 * 24 * 60 * MINUTE)));
}
