//! Folders whose names hold the hierarchy as `/`, at providers that keep a parent for each.

use domain::{ids::RemoteId, mail::RemoteMailbox};

/// One folder on the way from the top to another.
pub struct Step<'a> {
    /// Its own name.
    pub name: &'a str,
    /// With those above it.
    pub full: &'a str,
    /// Where it is there already.
    pub known: Option<&'a RemoteId>,
}

/// Names that differ in capitals only are one folder.
pub fn by_name<'a>(all: &'a [RemoteMailbox], name: &str) -> Option<&'a RemoteMailbox> {
    let wanted = name.to_lowercase();
    all.iter().find(|m| m.name.to_lowercase() == wanted)
}

/// From the top down to `name` itself; nothing for an empty name, which is the top. Empty parts (`a//b`) are passed over.
pub fn steps<'a>(all: &'a [RemoteMailbox], name: &'a str) -> Vec<Step<'a>> {
    let mut end = 0;
    let mut out = Vec::new();
    for part in name.split('/') {
        let full = name.get(..end + part.len()).unwrap_or(name);
        if !part.is_empty() {
            out.push(Step { name: part, full, known: by_name(all, full).map(|m| &m.id) });
        }
        end += part.len() + 1;
    }
    out
}

/// The name of what is above, empty at the top; and the folder's own.
pub fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_way_to_a_folder_names_what_is_there_and_what_is_to_be_made() {
        let all = [RemoteMailbox { id: "1".into(), name: "Work".to_owned(), role: None, selectable: true, total: None, unread: None }];
        let way = |name| steps(&all, name).iter().map(|s| (s.name, s.full, s.known.map(RemoteId::as_str))).collect::<Vec<_>>();
        assert_eq!(way("work/Äpfel/c"), [("work", "work", Some("1")), ("Äpfel", "work/Äpfel", None), ("c", "work/Äpfel/c", None)]);
        assert!(way("").is_empty());
        assert_eq!((split("a/b/c"), split("a")), (("a/b", "c"), ("", "a")));
    }
}
