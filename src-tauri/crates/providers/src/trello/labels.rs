//! Labels are a board's own; on a card they are named by their ids.

use domain::error::ProviderError;
use serde_json::{Map, Value, json};

use super::{api::Api, model::Label};

/// The ids of these labels on a board; one that there is not is made.
pub async fn ids(api: &Api, board: &str, names: &[String]) -> Result<Vec<String>, ProviderError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let known = api.labels(board).await?;
    let mut ids = Vec::new();
    for name in names {
        let id = match find(&known, name) {
            Some(label) => label.id.clone(),
            None => {
                let body = Map::from_iter([
                    ("name".to_owned(), json!(name)),
                    ("color".to_owned(), Value::Null),
                    ("idBoard".to_owned(), json!(board)),
                ]);
                api.new_label(body).await?.id
            }
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// By its name as it is, then by any spelling, then by its colour where it has no name.
fn find<'a>(known: &'a [Label], name: &str) -> Option<&'a Label> {
    let exact = known.iter().find(|label| label.name == name);
    exact.or_else(|| known.iter().find(|label| label.shown().eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_before_spellings_before_colours() {
        let label = |id: &str, name: &str, color: &str| Label { id: id.into(), name: name.into(), color: color.into() };
        let known = [label("1", "", "green"), label("2", "Print", "red"), label("3", "print", "blue"), label("4", "Green", "red")];
        let of = |name: &str| find(&known, name).map(|label| label.id.as_str());
        assert_eq!((of("print"), of("Print"), of("PRINT")), (Some("3"), Some("2"), Some("2")));
        assert_eq!((of("green"), of("Green"), of("red")), (Some("1"), Some("4"), None));
    }
}
