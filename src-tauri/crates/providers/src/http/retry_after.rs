//! `Retry-After` (RFC 9110 section 10.2.3): seconds or an HTTP date.

use domain::time::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// A server that says "come back next year" is mistaken, or means harm.
const LONGEST_SECS: i64 = 24 * 3600;

/// When to come back; None where the header is absent or senseless. Never before `now`, never more than a day away.
pub fn retry_at(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let at = if value.bytes().all(|b| b.is_ascii_digit()) && !value.is_empty() {
        now.plus_secs(value.parse::<i64>().unwrap_or(LONGEST_SECS))
    } else {
        let date = httpdate::parse_http_date(value).ok()?;
        let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
        Timestamp::from_secs(i64::try_from(since.as_secs()).ok()?)
    };
    Some(at.clamp(now, now.plus_secs(LONGEST_SECS)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(value: &str) -> Option<i64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        // Sun, 06 Nov 1994 08:49:37 GMT
        retry_at(&headers, Timestamp::from_secs(784_111_777)).map(|t| t.secs() - 784_111_777)
    }

    #[test]
    fn reads_seconds_and_dates_and_bounds_both() {
        assert_eq!(parse("0"), Some(0));
        assert_eq!(parse(" 17 "), Some(17));
        assert_eq!(parse("99999999999999999999999"), Some(LONGEST_SECS));
        assert_eq!(parse("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(parse("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0), "a date in the past means now");
        assert_eq!(parse("Fri, 01 Jan 2100 00:00:00 GMT"), Some(LONGEST_SECS));
        assert_eq!(parse("-5"), None);
        assert_eq!(parse("soon"), None);
        assert_eq!(parse(""), None);
        assert_eq!(retry_at(&HeaderMap::new(), Timestamp(0)), None);
    }
}
