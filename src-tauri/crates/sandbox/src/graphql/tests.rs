//! Documents that are, and that are none.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;

const SCHEMA: Schema = Schema {
    objects: &[
        ("Query", &[("viewer", "User", &[]), ("issues", "IssueConnection", &[("first", "Int"), ("filter", "IssueFilter")])]),
        ("Mutation", &[("rename", "User", &[("name", "String!")])]),
        ("User", &[("id", "", &[]), ("name", "", &[])]),
        ("IssueConnection", &[("nodes", "Issue", &[]), ("pageInfo", "PageInfo", &[])]),
        ("Issue", &[("id", "", &[]), ("title", "", &[]), ("assignee", "User", &[])]),
        ("PageInfo", &[("hasNextPage", "", &[])]),
    ],
};

fn checked(text: &str, variables: &Value) -> Result<f64, String> {
    check(&SCHEMA, &parse(text)?, variables.as_object().unwrap())
}

#[test]
fn an_operation_is_read_with_all_that_it_has() {
    let text = "query Mine($first: Int!, $ids: [ID!]) { # mine\n issues(first: $first, filter: {id: {in: $ids}, team: null, by: UP, n: -1.5, s: \"a\\\"{b\"}) { all: nodes { id } } }";
    let operation = parse(text).unwrap();
    assert_eq!((operation.mutation, operation.name.as_deref()), (false, Some("Mine")));
    assert_eq!(operation.variables, [("first".to_owned(), "Int!".to_owned()), ("ids".to_owned(), "[ID!]".to_owned())]);
    let issues = &operation.fields[0];
    assert_eq!((issues.fields[0].key(), issues.fields[0].name.as_str()), ("all", "nodes"));
    let variables = json!({"first": 2, "ids": ["x"]});
    let args = issues.arguments(variables.as_object().unwrap());
    assert_eq!(args["filter"], json!({"id": {"in": ["x"]}, "team": null, "by": "UP", "n": -1.5, "s": "a\"{b"}));
    for bad in [
        "",
        "{",
        "{}",
        "{ a",
        "query { a } x",
        "subscription { a }",
        "{ a(b) }",
        "{ a(b: ) }",
        "{ ...F }",
        "{ a @skip(if: true) }",
        "{ a(b: \"x) }",
    ] {
        assert!(parse(bad).is_err(), "{bad}");
    }
    assert!(parse(&format!("{}{}", "{a".repeat(40), "}".repeat(40))).is_err(), "too deep");
}

#[test]
fn only_what_there_is_can_be_asked_for_and_it_has_a_price() {
    let none = json!({});
    assert!((checked("{ viewer { id name } }", &none).unwrap() - 1.2).abs() < 1e-9);
    // Fifty, where nothing is said: (1 + 0.1 + (1 + 0.1)) for each and (1 + 0.1) for the page.
    let nodes = "nodes { id assignee { id } } pageInfo { hasNextPage }";
    assert!((checked(&format!("{{ issues {{ {nodes} }} }}"), &none).unwrap() - 50.0 * 3.3).abs() < 1e-9);
    let first = format!("query($n: Int) {{ issues(first: $n) {{ {nodes} }} }}");
    assert!((checked(&first, &json!({"n": 2})).unwrap() - 6.6).abs() < 1e-9);
    for (text, variables) in [
        ("{ viewer { email } }", json!({})),
        ("{ viewer }", json!({})),
        ("{ viewer { id { x } } }", json!({})),
        ("{ viewer(id: 1) { id } }", json!({})),
        ("mutation { rename { id } }", json!({})),
        ("mutation($n: String!) { rename(name: $n) { id } }", json!({})),
        ("mutation($n: Int!) { rename(name: $n) { id } }", json!({"n": 1})),
        ("query($n: Int) { viewer { id } }", json!({})),
        ("{ viewer { id } }", json!({"n": 1})),
        ("{ issues(first: $n) { nodes { id } } }", json!({})),
    ] {
        assert!(checked(text, &variables).is_err(), "{text}");
    }
}

#[test]
fn answers_are_what_was_asked_for() {
    let operation = parse("{ viewer { me: id boss { id } } }").unwrap();
    let whole = json!({"id": 1, "name": "x", "boss": null, "all": [{"id": 2, "name": "y"}]});
    assert_eq!(cut(&whole, &operation.fields[0].fields), json!({"me": 1, "boss": null}));
    let list = parse("{ all { id } }").unwrap();
    assert_eq!(cut(&whole, &list.fields), json!({"all": [{"id": 2}]}));
}
