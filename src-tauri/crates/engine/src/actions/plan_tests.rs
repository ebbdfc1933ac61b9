#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use domain::{
    ids::{AccountId, ConnectionId, MailboxId, MessageId, RemoteId, ThreadId},
    mail::{Flags, Mailbox, MailboxRole},
    outbox::OutboxOp,
};
use store::Placement;

use super::plan::{label, plan};
use crate::views::Action;

fn mailbox(id: i64, account: i64, role: Option<MailboxRole>) -> Mailbox {
    Mailbox {
        id: MailboxId(id),
        account: AccountId(account),
        remote: RemoteId::new(format!("r{id}")),
        name: format!("Box {id}"),
        role,
        selectable: true,
        total: 0,
        unread: 0,
    }
}

fn placement(message: i64, account: i64, mailboxes: &[i64], seen: bool) -> Placement {
    Placement {
        message: MessageId(message),
        thread: ThreadId(message),
        account: AccountId(account),
        connection: ConnectionId::new(format!("c{account}")),
        mailboxes: mailboxes.iter().map(|m| MailboxId(*m)).collect(),
        flags: Flags { seen, ..Flags::default() },
    }
}

fn boxes() -> Vec<Mailbox> {
    vec![
        mailbox(1, 1, Some(MailboxRole::Inbox)),
        mailbox(2, 1, Some(MailboxRole::Archive)),
        mailbox(3, 1, None),
        mailbox(11, 2, Some(MailboxRole::Inbox)),
        mailbox(12, 2, Some(MailboxRole::All)),
        mailbox(13, 2, Some(MailboxRole::Trash)),
        mailbox(14, 2, None),
    ]
}

#[test]
fn only_what_differs_is_written_and_the_inverse_touches_the_same() {
    let planned = plan(&Action::Read { on: true }, &[placement(1, 1, &[1], false), placement(2, 1, &[1], true)], &boxes()).unwrap();
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0].op.messages(), [MessageId(1)]);
    assert_eq!(planned[0].inverse.as_ref().unwrap().messages(), [MessageId(1)]);
}

#[test]
fn archive_is_a_folder_or_everything_without_the_inbox() {
    let planned = plan(&Action::Archive, &[placement(1, 1, &[1], true), placement(2, 2, &[11, 12, 14], true)], &boxes()).unwrap();
    assert_eq!(planned[0].op, OutboxOp::Move { messages: vec![MessageId(1)], from: Some(MailboxId(1)), to: MailboxId(2) });
    assert_eq!(planned[1].op, OutboxOp::Move { messages: vec![MessageId(2)], from: Some(MailboxId(11)), to: MailboxId(12) });
    assert_eq!(planned[1].inverse, Some(OutboxOp::Move { messages: vec![MessageId(2)], from: Some(MailboxId(12)), to: MailboxId(11) }));
    assert_eq!(planned[1].connection.as_str(), "c2");
}

#[test]
fn a_label_that_was_there_before_a_move_is_there_after_its_undo() {
    // In the inbox and in box 14, moved to box 14: taking the move away again must not take the label.
    let planned =
        plan(&Action::Move { to: MailboxId(14) }, &[placement(1, 2, &[11, 12, 14], true), placement(2, 2, &[11, 12], true)], &boxes())
            .unwrap();
    let whole: Vec<_> = planned.iter().map(|p| (p.op.clone(), p.inverse.clone())).collect();
    let (inbox, to) = (MailboxId(11), MailboxId(14));
    let moved = |id| OutboxOp::Move { messages: vec![MessageId(id)], from: Some(inbox), to };
    assert_eq!(
        whole,
        [
            (moved(2), Some(OutboxOp::Move { messages: vec![MessageId(2)], from: Some(to), to: inbox })),
            (moved(1), Some(OutboxOp::Labels { messages: vec![MessageId(1)], add: vec![inbox], remove: vec![] })),
        ]
    );
}

#[test]
fn a_label_is_not_moved_out_of_all_mail() {
    let (inbox, label, bin) = (MailboxId(11), MailboxId(14), MailboxId(13));
    let labelled = [placement(1, 2, &[12, 14], true)];
    assert!(plan(&Action::Move { to: label }, &labelled, &boxes()).unwrap().is_empty(), "it is there, and nothing says otherwise later");
    let back = plan(&Action::Move { to: inbox }, &labelled, &boxes()).unwrap();
    assert_eq!(back[0].op, OutboxOp::Labels { messages: vec![MessageId(1)], add: vec![inbox], remove: vec![] });
    assert_eq!(back[0].inverse, Some(OutboxOp::Labels { messages: vec![MessageId(1)], add: vec![], remove: vec![inbox] }));
    let gone = plan(&Action::Trash, &labelled, &boxes()).unwrap();
    assert_eq!(gone[0].op, OutboxOp::Move { messages: vec![MessageId(1)], from: Some(MailboxId(12)), to: bin });
    // A folder that holds everything is a place like any other.
    let alone = plan(&Action::Move { to: label }, &[placement(1, 2, &[12], true)], &boxes()).unwrap();
    assert_eq!(alone[0].op, OutboxOp::Move { messages: vec![MessageId(1)], from: Some(MailboxId(12)), to: label });
}

#[test]
fn what_is_archived_already_stays() {
    assert!(plan(&Action::Archive, &[placement(1, 1, &[2], true), placement(2, 2, &[12], true)], &boxes()).unwrap().is_empty());
}

#[test]
fn a_missing_folder_is_said() {
    let error = plan(&Action::Trash, &[placement(1, 1, &[1], true)], &boxes()).unwrap_err();
    assert_eq!(error.code, "no_mailbox");
    assert!(error.message.contains("bin"));
}

#[test]
fn labels_and_folders_stay_within_their_account() {
    assert_eq!(
        plan(&Action::AddLabel { label: MailboxId(14) }, &[placement(1, 1, &[1], true)], &boxes()).unwrap_err().code,
        "other_account"
    );
    assert_eq!(plan(&Action::Move { to: MailboxId(3) }, &[placement(2, 2, &[11], true)], &boxes()).unwrap_err().code, "other_account");
}

#[test]
fn ten_thousand_are_cut_into_pieces() {
    let many: Vec<_> = (0..10_000).map(|i| placement(i, 1, &[1], true)).collect();
    let planned = plan(&Action::Archive, &many, &boxes()).unwrap();
    assert_eq!(planned.len(), 20);
    assert_eq!(planned.iter().map(|p| p.op.messages().len()).sum::<usize>(), 10_000);
}

#[test]
fn deleting_has_no_inverse() {
    let planned = plan(&Action::DeleteForever, &[placement(1, 2, &[13], true)], &boxes()).unwrap();
    assert_eq!(planned[0].inverse, None);
}

#[test]
fn words() {
    assert_eq!(label(&Action::Archive, 3, true, &boxes()), "3 conversations archived");
    assert_eq!(label(&Action::Move { to: MailboxId(3) }, 1, true, &boxes()), "Conversation moved to Box 3");
}
