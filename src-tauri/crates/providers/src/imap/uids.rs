//! Sets of UIDs as IMAP writes them (`1:5,7`), kept as ranges so that a hostile `1:4294967295` costs nothing until it is
//! expanded with a limit.

use std::fmt::Write as _;

/// Sorted, disjoint, inclusive ranges. `*` is `u32::MAX`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UidSet(Vec<(u32, u32)>);

impl UidSet {
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self::normalised(parse_ranges(text)?))
    }

    pub fn from_uids(uids: impl IntoIterator<Item = u32>) -> Self {
        Self::normalised(uids.into_iter().map(|u| (u, u)).collect())
    }

    /// All of them together. Sorted once: joining one by one would let a server that answers in small pieces cost us the square.
    pub fn union(sets: Vec<Self>) -> Self {
        Self::normalised(sets.into_iter().flat_map(|set| set.0).collect())
    }

    fn normalised(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut out: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match out.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => out.push((low, high)),
            }
        }
        Self(out)
    }

    /// How many numbers it holds.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|(low, high)| u64::from(high - low) + 1).sum()
    }

    pub fn contains(&self, uid: u32) -> bool {
        match self.0.binary_search_by(|(low, _)| low.cmp(&uid)) {
            Ok(_) => true,
            Err(0) => false,
            Err(i) => self.0.get(i - 1).is_some_and(|(_, high)| uid <= *high),
        }
    }

    /// Every number, ascending; the caller has checked [`Self::len`].
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|(low, high)| *low..=*high)
    }

    /// Command arguments of at most `max` bytes each (RFC 2683 section 3.2.1.5 advises short lines).
    pub fn chunks(&self, max: usize) -> Vec<String> {
        let mut out = Vec::new();
        let mut line = String::new();
        for (low, high) in &self.0 {
            if line.len() + 22 > max && !line.is_empty() {
                out.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(',');
            }
            let _ = write!(line, "{low}");
            if high > low {
                let _ = write!(line, ":{high}");
            }
        }
        if !line.is_empty() {
            out.push(line);
        }
        out
    }
}

/// Ranges in the order written.
fn parse_ranges(text: &str) -> Option<Vec<(u32, u32)>> {
    let number = |s: &str| if s == "*" { Some(u32::MAX) } else { s.parse::<u32>().ok().filter(|n| *n > 0) };
    text.split(',')
        .map(|item| {
            let (a, b) = match item.split_once(':') {
                Some((a, b)) => (number(a)?, number(b)?),
                None => (number(item)?, number(item)?),
            };
            Some((a.min(b), a.max(b)))
        })
        .collect()
}

/// The two sets of COPYUID, paired in the order written (RFC 4315 section 3: the n-th of one became the n-th of the other).
/// None where they do not match or are larger than `max`.
pub(crate) fn pair_up(from: &str, to: &str, max: u64) -> Option<Vec<(u32, u32)>> {
    let (from, to) = (parse_ranges(from)?, parse_ranges(to)?);
    let count = |ranges: &[(u32, u32)]| ranges.iter().map(|(low, high)| u64::from(high - low) + 1).sum::<u64>();
    if count(&from) != count(&to) || count(&from) > max {
        return None;
    }
    let expand = |ranges: Vec<(u32, u32)>| ranges.into_iter().flat_map(|(low, high)| low..=high);
    Some(expand(from).zip(expand(to)).collect())
}

impl std::fmt::Display for UidSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.chunks(usize::MAX).concat())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parses_merges_and_writes() {
        let set = UidSet::parse("5:3,1,2,9,11:12").unwrap();
        assert_eq!(set.to_string(), "1:5,9,11:12");
        assert_eq!((set.len(), set.contains(4), set.contains(8), set.contains(12)), (8, true, false, true));
        assert_eq!(UidSet::from_uids([3, 1, 2, 7]).to_string(), "1:3,7");
        for bad in ["", "0", "a", "1,", "1:2:3", "4294967296", "-1"] {
            assert!(UidSet::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_hostile_range_is_counted_not_expanded() {
        assert_eq!(UidSet::parse("1:4294967295").unwrap().len(), 4_294_967_295);
        assert_eq!(UidSet::parse("7:*").unwrap().to_string(), "7:4294967295");
    }

    #[test]
    fn copied_uids_pair_up_in_the_order_written() {
        assert_eq!(pair_up("304,319:320", "3956:3958", 100).unwrap(), [(304, 3956), (319, 3957), (320, 3958)]);
        assert_eq!(pair_up("9,3", "1,2", 100).unwrap(), [(9, 1), (3, 2)]);
        assert!(pair_up("1:3", "1:2", 100).is_none());
        assert!(pair_up("1:4294967295", "1:4294967295", 100).is_none());
    }

    #[test]
    fn chunks_stay_short_and_lose_nothing() {
        let set = UidSet::from_uids((1..2000).map(|i| i * 3));
        let chunks = set.chunks(200);
        assert!(chunks.iter().all(|c| c.len() <= 200));
        let all: Vec<u32> = chunks.iter().flat_map(|c| UidSet::parse(c).unwrap().iter().collect::<Vec<_>>()).collect();
        assert_eq!(all, set.iter().collect::<Vec<_>>());
    }
}
