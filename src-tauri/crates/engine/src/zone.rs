//! The time zone of this machine's user.

use chrono::{Local, Offset as _, TimeZone as _};
use domain::time::{Timestamp, Zone};

/// As the system is set, at every instant anew: a laptop that travels needs no restart.
pub fn local() -> Zone {
    Zone::new(|at: Timestamp| Local.timestamp_millis_opt(at.millis()).earliest().map_or(0, |at| at.offset().fix().local_minus_utc()))
}
