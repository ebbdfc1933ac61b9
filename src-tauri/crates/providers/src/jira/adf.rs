//! Atlassian Document Format (ADF): texts to documents and back.
//!
//! Reading tells every document in plain words. Writing is for documents that hold nothing but paragraphs of plain text: others would lose
//! what makes them more.

use serde_json::{Value, json};

fn kind(node: &Value) -> &str {
    node.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn below(node: &Value) -> impl Iterator<Item = &Value> {
    node.get("content").and_then(Value::as_array).into_iter().flatten()
}

/// A blank line begins a paragraph, a single one breaks the line.
pub fn document(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    let paragraph = |text: &str| {
        let mut content = Vec::new();
        for (n, line) in text.split('\n').enumerate() {
            if n > 0 {
                content.push(json!({"type": "hardBreak"}));
            }
            // A text that is empty is none.
            if !line.is_empty() {
                content.push(json!({"type": "text", "text": line}));
            }
        }
        json!({"type": "paragraph", "content": content})
    };
    let text = text.replace("\r\n", "\n");
    json!({"type": "doc", "version": 1, "content": text.split("\n\n").map(paragraph).collect::<Vec<_>>()})
}

/// Whether nothing is lost when it is written anew from its text.
pub fn is_plain(document: &Value) -> bool {
    let inline = |node: &Value| match kind(node) {
        "hardBreak" => true,
        "text" => node.get("marks").and_then(Value::as_array).is_none_or(Vec::is_empty),
        _ => false,
    };
    document.is_null() || below(document).all(|node| kind(node) == "paragraph" && below(node).all(inline))
}

/// Deeper ones are not read: no person writes them.
const DEEPEST: usize = 32;

pub fn text(document: &Value) -> String {
    blocks(document, 0)
}

fn blocks(node: &Value, depth: usize) -> String {
    if depth > DEEPEST {
        return String::new();
    }
    let join = |separator: &str| below(node).map(|block| block_text(block, depth)).collect::<Vec<_>>().join(separator);
    match kind(node) {
        "bulletList" | "orderedList" | "taskList" | "table" => join("\n"),
        "tableRow" => join(" | "),
        _ => join("\n\n"),
    }
}

fn block_text(node: &Value, depth: usize) -> String {
    match kind(node) {
        "paragraph" | "heading" | "codeBlock" | "taskItem" => below(node).map(inline_text).collect(),
        "listItem" => format!("- {}", blocks(node, depth + 1).replace("\n\n", "\n")),
        "rule" => "---".to_owned(),
        _ => blocks(node, depth + 1),
    }
}

fn inline_text(node: &Value) -> String {
    let attr = |name: &str| node.get("attrs").and_then(|attrs| attrs.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned();
    match kind(node) {
        "text" => node.get("text").and_then(Value::as_str).unwrap_or_default().to_owned(),
        "hardBreak" => "\n".to_owned(),
        "mention" | "emoji" | "status" => attr("text"),
        "inlineCard" => attr("url"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_go_there_and_back() {
        for plain in ["", "One", "First line\nand a second, with æ & <b>.", "a\n\nb\n\n\n\nc", "a\n", "\n\n"] {
            let there = document(plain);
            assert!(is_plain(&there));
            assert_eq!(text(&there), plain);
        }
        assert_eq!(text(&document("a\r\nb")), "a\nb");
    }

    #[test]
    fn documents_are_told_in_words_and_not_taken_for_plain() {
        let paragraph = |content: Value| json!({"type": "paragraph", "content": content});
        let words = |text: &str| json!([{"type": "text", "text": text}]);
        let doc = |content: Value| json!({"type": "doc", "version": 1, "content": content});
        let item = |text: &str| json!({"type": "listItem", "content": [paragraph(words(text))]});
        for (document, told) in [
            (doc(json!([{"type": "heading", "attrs": {"level": 1}, "content": words("Title")}, paragraph(words("x"))])), "Title\n\nx"),
            (doc(json!([{"type": "bulletList", "content": [item("a"), item("b")]}])), "- a\n- b"),
            (doc(json!([paragraph(json!([{"type": "text", "text": "x", "marks": [{"type": "strong"}]}]))])), "x"),
            (
                doc(json!([paragraph(
                    json!([{"type": "mention", "attrs": {"text": "@Bo"}}, {"type": "inlineCard", "attrs": {"url": "https://x.example"}}])
                )])),
                "@Bohttps://x.example",
            ),
            (doc(json!([{"type": "panel", "content": [paragraph(words("note"))]}])), "note"),
            (doc(json!([{"type": "mediaSingle", "content": [{"type": "media"}]}])), ""),
        ] {
            assert_eq!(text(&document), told);
            assert!(!is_plain(&document), "{document}");
        }
        assert_eq!((text(&Value::Null), is_plain(&Value::Null)), (String::new(), true));
        let mut deep = paragraph(words("x"));
        for _ in 0..100 {
            deep = json!({"type": "panel", "content": [deep]});
        }
        assert_eq!(text(&doc(json!([deep]))), "");
    }
}
