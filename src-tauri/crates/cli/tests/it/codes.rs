//! Every error code that the source can produce is documented: a script's author reads docs/cli/errors.md, not the source.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "tests" {
                sources(&path, out);
            }
        } else if path.extension().is_some_and(|e| e == "rs") && name != "tests.rs" && !name.ends_with("_tests.rs") && name != "testing.rs"
        {
            out.push(path);
        }
    }
}

/// The string literal that `text` begins with.
fn literal(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.split_once('"').map(|(word, _)| word)
}

/// Code → where it was found first.
fn codes() -> BTreeMap<String, String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for name in ["cli", "domain", "engine", "host", "providers", "store", "vault"] {
        sources(&crates.join(name).join("src"), &mut files);
    }
    let texts: Vec<(PathBuf, String)> = files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            // Tests beside the code make up codes of their own.
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            (path, text)
        })
        .collect();
    let constants: BTreeMap<&str, &str> = texts
        .iter()
        .flat_map(|(_, text)| text.split("const ").skip(1))
        .filter_map(|rest| {
            let (name, rest) = rest.split_once(": &str = ")?;
            Some((name, literal(rest)?))
        })
        .collect();
    let mut found = BTreeMap::new();
    for (path, text) in &texts {
        let mut add = |code: &str| {
            found.entry(code.to_owned()).or_insert_with(|| path.display().to_string());
        };
        for rest in text.split("EngineError::new(").skip(1) {
            let first = rest.trim_start();
            let name: String = first.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == ':').collect();
            match (literal(first), constants.get(name.rsplit(':').next().unwrap_or_default())) {
                (Some(code), _) => add(code),
                (None, Some(code)) => add(code),
                // A code that came from elsewhere is passed on.
                (None, None) => assert!(
                    ["code", "e", "first", "error"].contains(&name.split("::").next().unwrap()),
                    "{}: the code in EngineError::new({name}… can't be followed",
                    path.display()
                ),
            }
        }
        if path.ends_with("engine/src/error.rs") {
            text.split("Self::new(").skip(1).filter_map(literal).for_each(&mut add);
        }
        // fn code(&self) -> &'static str { match self { … => "code", … } }
        for body in text.split("fn code(&self) -> &'static str {").skip(1) {
            let body = body.split("\n    }\n").next().unwrap();
            body.split("=> ").skip(1).filter_map(literal).for_each(&mut add);
        }
    }
    found
}

#[test]
fn every_error_code_is_documented() {
    let found = codes();
    for sure in
        ["holder_lost_before", "store_corrupt", "disk_full", "usage", "not_found", "wrong_passphrase", "grant_dead", "holder_closing"]
    {
        assert!(found.contains_key(sure), "the search misses {sure}");
    }
    let page = fs::read_to_string(super::docs().join("errors.md")).unwrap();
    let documented: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once(" | "))
        .flat_map(|(codes, _)| codes.split(", "))
        .map(|code| code.trim_matches('`'))
        .collect();
    let missing: Vec<_> = found.iter().filter(|(code, _)| !documented.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "not in docs/cli/errors.md: {missing:#?}");
    let gone: Vec<_> = documented.iter().filter(|code| !found.contains_key(**code)).collect();
    assert!(gone.is_empty(), "in docs/cli/errors.md, but nothing makes them: {gone:?}");
}

/// Every kind of write can wait in the outbox, so `outbox list` can show it.
#[test]
fn the_schema_of_the_outbox_knows_every_kind() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src/outbox.rs");
    let text = fs::read_to_string(source).unwrap();
    let body = text.split("fn kind(&self) -> &'static str {").nth(1).unwrap().split("\n    }\n").next().unwrap();
    let kinds: BTreeSet<&str> = body.split("=> ").skip(1).filter_map(literal).collect();
    assert!(kinds.len() >= 12 && kinds.contains("unsubscribe"), "the search misses some: {kinds:?}");
    let schema: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(super::docs().join("outbox-list.schema.json")).unwrap()).unwrap();
    let known = &schema["properties"]["items"]["items"]["properties"]["kind"]["enum"];
    let known: BTreeSet<&str> = known.as_array().unwrap().iter().map(|k| k.as_str().unwrap()).collect();
    assert_eq!(known, kinds);
}
