//! Files for people.

use serde_json::Value;

use super::{grid, items, text};
use crate::{args::files::Files, write_out};

pub fn done(act: &Files, value: &Value) {
    write_out(&match act {
        Files::Search { .. } => search(value),
        Files::Get { .. } => format!("{}: {} bytes of {}\n", text(value, "/file"), text(value, "/bytes"), text(value, "/name")),
        Files::Put { .. } => put(value),
    });
}

fn search(value: &Value) -> String {
    let row = |f: &Value| vec![text(f, "/id"), text(f, "/name"), text(f, "/size"), text(f, "/modified_at"), text(f, "/source")];
    let mut out = grid(&["ID", "NAME", "BYTES", "CHANGED", "OF"], items(value).iter().map(row).collect());
    for place in value.get("places").and_then(Value::as_array).into_iter().flatten() {
        let source = text(place, "/source");
        let what = if text(place, "/reach") == "given" { "what Aurelius saved or was given" } else { "the folder of Aurelius" };
        let mut words = vec![format!("{source}: {what}")];
        match place.get("left_out").and_then(Value::as_u64) {
            None | Some(0) => {}
            Some(n) => words.push(format!("{n} more were found")),
        }
        let error = text(place, "/error");
        if !error.is_empty() {
            words.push(format!("could not be asked ({error})"));
        } else if place.get("complete").and_then(Value::as_bool) == Some(false) {
            words.push("its list was not read to the end".to_owned());
        }
        out.push_str(&format!("{}\n", words.join("; ")));
    }
    out
}

fn put(value: &Value) -> String {
    let id = text(value, "/id");
    let id = if id.is_empty() { format!("outbox {}", text(value, "/outbox")) } else { format!("id {id}") };
    let mut out = format!("{} ({}, {id})\n", text(value, "/name"), text(value, "/state"));
    let link = text(value, "/link");
    if !link.is_empty() {
        out.push_str(&format!("{link}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nobody_takes_a_part_for_the_whole() {
        let place = json!({"source": "mara@x", "reach": "given", "left_out": 3, "complete": false, "error": null});
        let file = json!({"id": "c:f", "name": "a\u{1b}[2J.pdf", "size": 5, "modified_at": null, "source": "mara@x"});
        let shown = search(&json!({"items": [file], "places": [place]}));
        assert!(shown.contains("what Aurelius saved or was given; 3 more were found; its list was not read to the end"), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        let place = json!({"source": "mara@x", "reach": "own_folder", "left_out": 0, "complete": false, "error": "auth"});
        assert!(search(&json!({"items": [], "places": [place]})).contains("the folder of Aurelius; could not be asked (auth)\n"));
    }
}
