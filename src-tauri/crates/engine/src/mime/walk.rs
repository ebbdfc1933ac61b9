//! The structure of a message as one flat list, found in a single pass over its lines.
//!
//! mail-parser builds a tree by recursion over attached messages and rescans for each boundary that never comes; a hostile
//! mail makes that deep or quadratic. Here a line beginning with `--` is looked up among the open boundaries, whatever their
//! number, attached messages stay opaque, and nothing is decoded until somebody asks. So the cost is linear in the bytes and
//! the memory is bounded by the number of parts.

use std::{collections::HashMap, ops::Range};

use super::{
    Limits,
    decode::Transfer,
    headers::{Fields, Typed, clean, ids, unstructured},
};

/// One node. The index in [`Tree::parts`] is what the store keeps as `ParsedAttachment::part`.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub depth: u32,
    pub body: Range<usize>,
    /// Lower case; `text/plain` where nothing usable is declared.
    pub mime: String,
    pub charset: Option<String>,
    pub transfer: Transfer,
    /// `attachment`, `inline` or empty.
    pub disposition: String,
    pub filename: String,
    pub content_id: Option<String>,
    /// Further Content-Type parameters that somebody looks at.
    pub protocol: String,
    pub smime_type: String,
    pub flowed: bool,
    /// Outermost enclosing multipart/alternative.
    pub alternative: Option<u32>,
    /// A multipart that holds at least one part.
    pub children: u32,
}

impl Node {
    pub(crate) fn is_multipart(&self) -> bool {
        self.children > 0
    }
    pub(crate) fn is_text(&self) -> bool {
        self.mime == "text/plain" || self.mime == "text/html"
    }
}

#[derive(Debug)]
pub(crate) struct Tree {
    pub fields: Fields,
    pub header: Range<usize>,
    pub parts: Vec<Node>,
    pub defects: Vec<String>,
}

struct Open {
    part: u32,
    boundary: Vec<u8>,
}

struct Walker<'a> {
    raw: &'a [u8],
    limits: &'a Limits,
    parts: Vec<Node>,
    open: Vec<Open>,
    /// Boundary to the positions in `open` that use it, innermost last.
    by_boundary: HashMap<Vec<u8>, Vec<usize>>,
    defects: Vec<String>,
}

pub(crate) fn walk(raw: &[u8], limits: &Limits) -> Tree {
    let mut w = Walker { raw, limits, parts: Vec::new(), open: Vec::new(), by_boundary: HashMap::new(), defects: Vec::new() };
    let start = skip_mbox_line(raw);
    let (header, body) = w.header_block(start);
    let fields = Fields::parse(raw.get(header.clone()).unwrap_or_default(), limits.header_bytes);
    let root = w.push(None, &fields, body);
    w.run(root, body);
    let Walker { mut parts, mut defects, .. } = w;
    for node in &mut parts {
        if node.mime.starts_with("multipart/") && node.children == 0 {
            if !node.body.is_empty() {
                note(&mut defects, "a multipart without parts was read as text");
            }
            "text/plain".clone_into(&mut node.mime);
        }
    }
    Tree { fields, header, parts, defects }
}

fn note(defects: &mut Vec<String>, words: &str) {
    if defects.len() < 50 && !defects.iter().any(|d| d == words) {
        defects.push(words.to_owned());
    }
}

/// mbox separator in front of the header.
fn skip_mbox_line(raw: &[u8]) -> usize {
    if raw.starts_with(b"From ") { raw.iter().position(|b| *b == b'\n').map_or(0, |p| p + 1) } else { 0 }
}

impl Walker<'_> {
    /// End of the line that starts at `pos`, past its line feed.
    fn line_end(&self, pos: usize) -> usize {
        let rest = self.raw.get(pos..).unwrap_or_default();
        rest.iter().position(|b| *b == b'\n').map_or(self.raw.len(), |p| pos + p + 1)
    }

    /// Header bytes and start of the body. A boundary line ends a header that has no empty line; so does a first line that
    /// cannot be a header, because then everything is body.
    fn header_block(&self, start: usize) -> (Range<usize>, usize) {
        let mut pos = start;
        while pos < self.raw.len() {
            let end = self.line_end(pos);
            let line = self.raw.get(pos..end).unwrap_or_default();
            if line.trim_ascii().is_empty() && !matches!(line.first(), Some(b' ' | b'\t')) {
                return (start..pos, end);
            }
            if self.delimiter(line).is_some() {
                return (start..pos, pos);
            }
            pos = end;
        }
        (start..self.raw.len(), self.raw.len())
    }

    /// Which open multipart this line delimits, and whether it closes it.
    fn delimiter(&self, line: &[u8]) -> Option<(usize, bool)> {
        let name = line.strip_prefix(b"--")?.trim_ascii_end();
        if name.len() > MAX_BOUNDARY + 2 {
            return None;
        }
        let find = |b: &[u8]| self.by_boundary.get(b).and_then(|v| v.last().copied());
        find(name).map(|i| (i, false)).or_else(|| find(name.strip_suffix(b"--")?).map(|i| (i, true)))
    }

    fn push(&mut self, parent: Option<u32>, fields: &Fields, body: usize) -> u32 {
        let index = self.parts.len() as u32;
        let up = parent.and_then(|p| self.parts.get_mut(p as usize));
        let (depth, alternative, digest) = match up {
            Some(up) => {
                up.children += 1;
                let own = (up.mime == "multipart/alternative").then_some(parent).flatten();
                (up.depth + 1, up.alternative.or(own), up.mime == "multipart/digest")
            }
            None => (0, None, false),
        };
        let declared = fields.first("content-type");
        let kind = declared.map(Typed::parse).unwrap_or_default();
        let disposition = fields.first("content-disposition").map(Typed::parse).unwrap_or_default();
        let mime = match kind.value.as_str() {
            _ if declared.is_none() && digest => "message/rfc822".to_owned(),
            value if value.contains('/') && value.len() > 2 => value.to_owned(),
            "text" | "" => "text/plain".to_owned(),
            _ => {
                note(&mut self.defects, "a content type that makes no sense was read as text");
                "text/plain".to_owned()
            }
        };
        let (transfer, known) = Transfer::parse(fields.first("content-transfer-encoding").unwrap_or_default());
        if !known {
            note(&mut self.defects, "an unknown transfer encoding was read as it is");
        }
        let filename = disposition.param("filename").or_else(|| kind.param("name")).unwrap_or_default();
        let node = Node {
            depth,
            body: body..body,
            charset: kind.param("charset").map(|c| clean(c, 64)),
            transfer,
            disposition: if disposition.value.is_empty() || disposition.is("inline") {
                disposition.value.clone()
            } else {
                // RFC 2183 section 2.8: unknown dispositions are attachments.
                "attachment".to_owned()
            },
            filename: unstructured(filename, 1_000),
            content_id: fields.first("content-id").and_then(|v| {
                ids(v, 1).into_iter().next().or_else(|| Some(clean(v.trim_matches(['<', '>']), 255)).filter(|v| !v.is_empty()))
            }),
            protocol: clean(kind.param("protocol").unwrap_or_default(), 100).to_ascii_lowercase(),
            smime_type: clean(kind.param("smime-type").unwrap_or_default(), 100).to_ascii_lowercase(),
            flowed: kind.param("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed")),
            alternative,
            children: 0,
            mime,
        };
        if node.mime.starts_with("multipart/") {
            match kind.param("boundary").map(|b| b.trim_end().as_bytes().to_vec()) {
                Some(b) if !b.is_empty() && b.len() <= MAX_BOUNDARY && (depth as usize) < self.limits.depth => {
                    self.by_boundary.entry(b.clone()).or_default().push(self.open.len());
                    self.open.push(Open { part: index, boundary: b });
                }
                Some(b) if (1..=MAX_BOUNDARY).contains(&b.len()) => {
                    note(&mut self.defects, "parts are nested too deeply; the inner ones were read as text");
                }
                _ => note(&mut self.defects, "a multipart without a usable boundary was read as text"),
            }
        }
        self.parts.push(node);
        index
    }

    fn close_down_to(&mut self, keep: usize) {
        while self.open.len() > keep {
            if let Some(open) = self.open.pop()
                && let Some(positions) = self.by_boundary.get_mut(&open.boundary)
            {
                positions.pop();
                if positions.is_empty() {
                    self.by_boundary.remove(&open.boundary);
                }
            }
        }
    }

    fn run(&mut self, root: u32, body: usize) {
        let mut current = Some(root);
        let mut pos = body;
        while pos < self.raw.len() && !self.open.is_empty() {
            let end = self.line_end(pos);
            let line = self.raw.get(pos..end).unwrap_or_default();
            let Some((level, closing)) = self.delimiter(line) else {
                pos = end;
                continue;
            };
            self.end_part(current.take(), pos);
            if self.open.len() > level + 1 {
                note(&mut self.defects, "an inner multipart was not closed");
            }
            if closing {
                self.close_down_to(level);
                pos = end;
                continue;
            }
            self.close_down_to(level + 1);
            if self.parts.len() >= self.limits.parts {
                note(&mut self.defects, "there are too many parts; the rest was left out");
                return;
            }
            let parent = self.open.get(level).map(|o| o.part);
            let (header, start) = self.header_block(end);
            let fields = Fields::parse(self.raw.get(header).unwrap_or_default(), self.limits.part_header_bytes);
            current = Some(self.push(parent, &fields, start));
            pos = start;
        }
        if let Some(current) = current {
            self.end_part(Some(current), self.raw.len());
        }
        if !self.open.is_empty() {
            note(&mut self.defects, "the end of the message is missing");
        }
    }

    /// The line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1).
    fn end_part(&mut self, part: Option<u32>, at: usize) {
        let Some(node) = part.and_then(|p| self.parts.get_mut(p as usize)) else { return };
        let mut end = at.max(node.body.start);
        if at < self.raw.len() {
            for suffix in [b'\n', b'\r'] {
                if end > node.body.start && self.raw.get(end - 1) == Some(&suffix) {
                    end -= 1;
                }
            }
        }
        node.body.end = end;
    }
}

/// RFC 2046 allows 70; some programs send more.
const MAX_BOUNDARY: usize = 256;
