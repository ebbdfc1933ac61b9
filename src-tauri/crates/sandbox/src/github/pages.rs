//! Pages and the `Link` header that leads through them (RFC 8288).

use serde_json::{Value, json};

use super::{Answer, Asked, error::Refusal};

/// What is known of a query: each parameter once, none that there is not.
pub(super) struct Params<'a>(&'a [(String, String)]);

impl<'a> Params<'a> {
    pub fn new(asked: &'a Asked<'_>, known: &[&str]) -> Result<Self, Refusal> {
        for (at, (name, _)) in asked.query.iter().enumerate() {
            if !known.contains(&name.as_str()) && !["per_page", "page"].contains(&name.as_str()) {
                return Err(Refusal::invalid(name, "unknown_parameter", "there is no such parameter"));
            }
            if asked.query.iter().skip(at + 1).any(|(other, _)| other == name) {
                return Err(Refusal::invalid(name, "invalid", "said twice"));
            }
        }
        Ok(Self(&asked.query))
    }

    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// One of `all`; the first where it is not said.
    pub fn one_of(&self, name: &str, all: &[&'static str]) -> Result<&'static str, Refusal> {
        match self.get(name) {
            None => Ok(all.first().copied().unwrap_or_default()),
            Some(said) => all.iter().find(|one| **one == said).copied().ok_or_else(|| Refusal::invalid(name, "invalid", "")),
        }
    }

    fn number(&self, name: &str, fallback: usize) -> usize {
        // GitHub takes nonsense for what is not said.
        self.get(name).and_then(|n| n.parse().ok()).filter(|n| *n > 0).unwrap_or(fallback)
    }
}

/// The page that is asked for, with links. GitHub makes pages of more than a hundred smaller without a word.
pub(super) fn page(asked: &Asked<'_>, params: &Params<'_>, all: Vec<Value>) -> Answer {
    let (size, at) = (params.number("per_page", 30).min(100), params.number("page", 1));
    let last = all.len().div_ceil(size).max(1);
    let items: Vec<Value> = all.into_iter().skip((at - 1) * size).take(size).collect();
    let mut links = Vec::new();
    for (rel, to) in [("prev", at - 1), ("next", at + 1), ("last", last), ("first", 1)] {
        let there = match rel {
            "prev" | "first" => at > 1,
            _ => at < last,
        };
        if there {
            links.push(format!("<{}>; rel=\"{rel}\"", address(asked, to)));
        }
    }
    Answer { status: 200, body: json!(items), link: (!links.is_empty()).then(|| links.join(", ")) }
}

fn address(asked: &Asked<'_>, page: usize) -> String {
    let rest = asked.query.iter().filter(|(name, _)| name != "page");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(rest).append_pair("page", &page.to_string());
    format!("{}{}?{}", asked.base, asked.path, query.finish())
}
