//! What is shown where both sides changed a task. Pure.

use domain::{
    ids::RemoteId,
    tasks::{TaskFields, TaskPatch},
};

use super::TaskConflict;

/// Theirs, with what was changed here on top; and the fields that both changed to different values: the person's stays, the other is
/// remembered. `None` for a list: it was not changed here.
pub(super) fn merge(
    base: (&RemoteId, &TaskFields),
    mine: (&RemoteId, &TaskFields),
    theirs: (&RemoteId, &TaskFields),
) -> (TaskFields, Option<TaskConflict>) {
    let ours = TaskPatch::between(base.1, mine.1);
    let others = TaskPatch::between(base.1, theirs.1);
    let mut merged = theirs.1.clone();
    ours.apply(&mut merged);
    let mut both = Vec::new();
    let mut differs = |name: &str, here: bool, there: bool, same: bool| {
        if here && there && !same {
            both.push(name.to_owned());
        }
    };
    let (m, t) = (mine.1, theirs.1);
    differs("title", ours.title.is_some(), others.title.is_some(), m.title == t.title);
    differs("notes", ours.notes.is_some(), others.notes.is_some(), m.notes == t.notes);
    differs("due", ours.due.is_some(), others.due.is_some(), m.due == t.due);
    differs("priority", ours.priority.is_some(), others.priority.is_some(), m.priority == t.priority);
    differs("labels", ours.labels.is_some(), others.labels.is_some(), m.labels == t.labels);
    differs("status", ours.status.is_some(), others.status.is_some(), m.status == t.status);
    differs("parent", ours.parent.is_some(), others.parent.is_some(), m.parent == t.parent);
    differs("list", base.0 != mine.0, base.0 != theirs.0, mine.0 == theirs.0);
    let list = both.iter().any(|f| f == "list").then(|| theirs.0.clone());
    let conflict = (!both.is_empty()).then(|| TaskConflict { fields: both, theirs: t.clone(), list, deleted: false });
    (merged, conflict)
}

/// A new conflict beside one that the person has not looked at yet: both are told of, the newer value wins.
pub(super) fn joined(old: Option<TaskConflict>, new: Option<TaskConflict>) -> Option<TaskConflict> {
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (old, new) => return new.or(old),
    };
    // Whatever the older one names has its newest value in the newer one: `theirs` is a whole task.
    let mut fields = old.fields;
    fields.extend(new.fields.into_iter().filter(|f| !fields.contains(f)).collect::<Vec<_>>());
    Some(TaskConflict { fields, theirs: new.theirs, list: new.list.or(old.list), deleted: new.deleted })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::tasks::{Priority, TaskStatus};

    fn named(title: &str) -> TaskFields {
        TaskFields { title: title.into(), ..TaskFields::default() }
    }

    #[test]
    fn each_side_keeps_what_only_it_changed() {
        let (a, b) = (RemoteId::new("a"), RemoteId::new("b"));
        let base = named("Call Bo");
        let mine = TaskFields { priority: Priority::High, ..base.clone() };
        let theirs = TaskFields { notes: "before noon".into(), status: TaskStatus::Done, ..base.clone() };
        let (merged, conflict) = merge((&a, &base), (&a, &mine), (&b, &theirs));
        assert_eq!(merged, TaskFields { priority: Priority::High, ..theirs });
        assert_eq!(conflict, None);
    }

    #[test]
    fn what_both_changed_is_the_persons_and_the_other_is_remembered() {
        let (a, b, c) = (RemoteId::new("a"), RemoteId::new("b"), RemoteId::new("c"));
        let (merged, conflict) = merge((&a, &named("x")), (&b, &named("mine")), (&c, &named("theirs")));
        let conflict = conflict.unwrap();
        assert_eq!((merged.title.as_str(), conflict.theirs.title.as_str()), ("mine", "theirs"));
        assert_eq!((conflict.fields.clone(), conflict.list.clone()), (vec!["title".to_owned(), "list".to_owned()], Some(c)));
        // The same on both sides is none.
        assert_eq!(merge((&a, &named("x")), (&a, &named("y")), (&a, &named("y"))).1, None);
        let again = joined(Some(conflict.clone()), Some(TaskConflict { theirs: named("later"), ..conflict })).unwrap();
        assert_eq!((again.fields.len(), again.theirs.title.as_str()), (2, "later"));
    }
}
