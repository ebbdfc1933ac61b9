//! What a person types into the search field; a refusal must say something.
#![no_main]

use domain::{
    search,
    time::{Timestamp, Zone},
};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let now = Timestamp::from_secs(1_795_000_000);
    for zone in [0, 14 * 3600, -12 * 3600].map(Zone::fixed) {
        match search::parse(text, now, &zone) {
            Ok(query) => drop(format!("{query:?}")),
            Err(e) => assert!(!e.to_string().is_empty()),
        }
        let _ = search::parse_typing(text, now, &zone);
    }
});
