//! What there is to ask for, and whether an operation asks for that only.

use serde_json::{Map, Value};

use super::{Arg, Field, Operation};

/// A type that has fields: name, what each field is (another type, or nothing for a scalar), and its arguments with their types.
pub(crate) type Object = (&'static str, &'static [(&'static str, &'static str, &'static [(&'static str, &'static str)])]);

/// The types of a provider.
pub(crate) struct Schema {
    pub objects: &'static [Object],
}

impl Schema {
    fn field(&self, object: &str, name: &str) -> Option<(&'static str, &'static [(&'static str, &'static str)])> {
        let (_, fields) = self.objects.iter().find(|(of, _)| *of == object)?;
        fields.iter().find(|(field, ..)| *field == name).map(|(_, kind, args)| (*kind, *args))
    }
}

/// Returns the complexity: a tenth for a property, one for an object, and those of a connection's nodes as often as they may come (`first`,
/// else fifty), as Linear counts. What is wrong comes as words.
pub(crate) fn check(schema: &Schema, operation: &Operation, variables: &Map<String, Value>) -> Result<f64, String> {
    for (name, kind) in &operation.variables {
        if kind.ends_with('!') && variables.get(name).is_none_or(Value::is_null) {
            return Err(format!("Variable \"${name}\" of required type \"{kind}\" was not provided."));
        }
    }
    if let Some(unknown) = variables.keys().find(|name| operation.variables.iter().all(|(known, _)| known != *name)) {
        return Err(format!("Variable \"${unknown}\" is not defined."));
    }
    let mut checker = Checker { schema, operation, variables, used: Vec::new() };
    let root = if operation.mutation { "Mutation" } else { "Query" };
    let points = checker.fields(root, &operation.fields)?;
    match operation.variables.iter().find(|(name, _)| !checker.used.contains(name)) {
        Some((name, _)) => Err(format!("Variable \"${name}\" is never used.")),
        None => Ok(points),
    }
}

struct Checker<'a> {
    schema: &'a Schema,
    operation: &'a Operation,
    variables: &'a Map<String, Value>,
    used: Vec<String>,
}

impl Checker<'_> {
    fn fields(&mut self, object: &str, fields: &[Field]) -> Result<f64, String> {
        let mut points = 0.0;
        for field in fields {
            let known = self.schema.field(object, &field.name);
            let (kind, args) = known.ok_or_else(|| format!("Cannot query field \"{}\" on type \"{object}\".", field.name))?;
            for (name, arg) in &field.args {
                let known = args.iter().find(|(known, _)| *known == name.as_str());
                let (_, wanted) = known.ok_or_else(|| format!("Unknown argument \"{name}\" on field \"{object}.{}\".", field.name))?;
                self.argument(wanted, arg)?;
            }
            for (name, wanted) in args.iter().filter(|(_, wanted)| wanted.ends_with('!')) {
                let given = field.args.iter().find(|(given, _)| given == name).map(|(_, arg)| arg.value(self.variables));
                if given.is_none_or(|value| value.is_null()) {
                    return Err(format!(
                        "Field \"{}\" argument \"{name}\" of type \"{wanted}\" is required, but it was not provided.",
                        field.name
                    ));
                }
            }
            points += match (kind, field.fields.is_empty()) {
                ("", true) => 0.1,
                ("", false) => return Err(format!("Field \"{}\" must not have a selection since it has no subfields.", field.name)),
                (_, true) => return Err(format!("Field \"{}\" of type \"{kind}\" must have a selection of subfields.", field.name)),
                (kind, false) => {
                    let inner = self.fields(kind, &field.fields)?;
                    let first = field.arguments(self.variables).get("first").and_then(Value::as_f64);
                    if kind.ends_with("Connection") { inner * first.unwrap_or(50.0) } else { 1.0 + inner }
                }
            };
        }
        Ok(points)
    }

    /// A variable stands only where its type does; one that is required stands where it need not be, too.
    fn argument(&mut self, wanted: &str, arg: &Arg) -> Result<(), String> {
        match arg {
            Arg::Variable(name) => {
                self.used.push(name.clone());
                let declared = self.operation.variables.iter().find(|(known, _)| known == name);
                let (_, kind) = declared.ok_or_else(|| format!("Variable \"${name}\" is not defined."))?;
                let fits = wanted.is_empty() || kind == wanted || kind.trim_end_matches('!') == wanted;
                if fits {
                    Ok(())
                } else {
                    Err(format!("Variable \"${name}\" of type \"{kind}\" used in position expecting type \"{wanted}\"."))
                }
            }
            Arg::List(items) => items.iter().try_for_each(|item| self.argument("", item)),
            Arg::Object(fields) => fields.iter().try_for_each(|(_, field)| self.argument("", field)),
            Arg::Plain(_) | Arg::Name(_) => Ok(()),
        }
    }
}
