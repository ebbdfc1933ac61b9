//! Atlassian Document Format, as far as it is checked: a document of known nodes, texts that are not empty.

use serde_json::Value;

use super::error::Refusal;

const BLOCKS: &[&str] =
    &["paragraph", "heading", "bulletList", "orderedList", "listItem", "codeBlock", "blockquote", "rule", "panel", "table"];
const INLINE: &[&str] = &["text", "hardBreak", "mention", "emoji", "inlineCard"];

/// Null takes the text away.
pub(super) fn check(field: &str, document: &Value) -> Result<(), Refusal> {
    let wrong = || Refusal::field(field, "Operation value must be an Atlassian Document (see the Atlassian Document Format)");
    if document.is_null() {
        return Ok(());
    }
    if document.get("type") != Some(&"doc".into()) || document.get("version") != Some(&1.into()) {
        return Err(wrong());
    }
    let content = document.get("content").and_then(Value::as_array).ok_or_else(wrong)?;
    if content.iter().all(|node| is_node(node, BLOCKS)) { Ok(()) } else { Err(wrong()) }
}

fn is_node(node: &Value, known: &[&str]) -> bool {
    let kind = node.get("type").and_then(Value::as_str).unwrap_or_default();
    let text = node.get("text").and_then(Value::as_str);
    let whole = if kind == "text" { text.is_some_and(|text| !text.is_empty() && !text.contains('\n')) } else { text.is_none() };
    let content = node.get("content").map(Value::as_array);
    let below = if kind == "paragraph" { INLINE } else { &[BLOCKS, INLINE].concat() };
    known.contains(&kind)
        && whole
        && content.is_none_or(|content| content.is_some_and(|nodes| nodes.iter().all(|node| is_node(node, below))))
}
