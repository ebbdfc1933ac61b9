//! Sending, once, whatever becomes of the answers.

use super::*;

/// A line that breaks after what was asked for is done.
fn lost() -> FaultAction {
    FaultAction::Drop { after_commit: true }
}

#[tokio::test]
async fn a_mail_is_filed_as_sent_and_goes_to_everybody_of_the_envelope() {
    let f = Fixture::start(Fill::Empty).await;
    let witness = Witness::default();
    let mut letter = mail("s1@postkasse.example", JMAP_MARA, "astrid@korforeningen.example");
    letter.recipients.push("hidden@korforeningen.example".to_owned());
    let done = f.source.submit(&letter, &witness).await.unwrap();
    assert!(done.filed && done.refused.is_empty() && *witness.0.lock().unwrap() == 1);
    let id = done.remote.unwrap();
    assert_eq!(
        (f.lies_in(&id), f.email(&id).keywords.iter().map(String::as_str).collect::<Vec<_>>()),
        (vec!["Sent".to_owned()], vec!["$seen"])
    );
    let submitted = f.sandbox.jmap_submissions();
    assert_eq!(submitted[0].recipients, ["astrid@korforeningen.example", "hidden@korforeningen.example"]);
    assert_eq!((submitted[0].from.as_str(), &submitted[0].raw), (JMAP_MARA, &letter.raw));
    assert_eq!(f.source.find(None, "s1@postkasse.example").await.unwrap(), Some(id));
    assert!(f.source.absence_is_proof() && !f.source.reply_decides() && f.source.can_send());
}

#[tokio::test]
async fn whoever_is_no_identity_sends_nothing_and_a_domain_is_one() {
    let f = Fixture::start(Fill::Empty).await;
    let witness = Witness::default();
    let error = f.source.submit(&mail("a@b", "else@where.example", "c@d.example"), &witness).await.unwrap_err();
    assert!(error.code() == "refused" && error.to_string().contains("else@where.example"), "{error}");
    assert!(f.sandbox.jmap_emails().is_empty() && *witness.0.lock().unwrap() == 0);
    f.source.submit(&mail("b@b", "Choir@mara.example", "c@d.example"), &witness).await.unwrap();
    assert_eq!(f.sandbox.jmap_submissions()[0].from, "Choir@mara.example");
}

#[tokio::test]
async fn a_refused_mail_leaves_no_draft() {
    let f = Fixture::start(Fill::Empty).await;
    let error = f.source.submit(&mail("a@b", JMAP_MARA, "refused@d.example"), &Witness::default()).await.unwrap_err();
    assert!(error.code() == "refused" && error.to_string().contains("refused@d.example"), "{error}");
    assert!(f.sandbox.jmap_emails().is_empty());
    f.sandbox.set_jmap(|s| s.failing = vec![("EmailSubmission/set".to_owned(), "serverUnavailable".to_owned(), 1)]);
    let letter = mail("b@b", JMAP_MARA, "c@d.example");
    assert_eq!(f.source.submit(&letter, &Witness::default()).await.unwrap_err().code(), "server");
    assert_eq!(f.source.find(None, "b@b").await.unwrap(), None, "a draft is no proof");
    f.source.submit(&letter, &Witness::default()).await.unwrap();
    assert_eq!((f.sandbox.jmap_submissions().len(), f.sandbox.jmap_emails().len()), (1, 1), "the draft of before is gone");
    let nobody = OutgoingMail { recipients: Vec::new(), ..letter };
    assert_eq!(f.source.submit(&nobody, &Witness::default()).await.unwrap_err().code(), "refused");
}

#[tokio::test]
async fn a_lost_answer_to_the_submission_is_looked_after_at_once() {
    let f = Fixture::start(Fill::Empty).await;
    f.sandbox.set_jmap(|s| s.lose_answer_to = Some("EmailSubmission/set".to_owned()));
    let done = f.source.submit(&mail("a@b", JMAP_MARA, "c@d.example"), &Witness::default()).await.unwrap();
    assert_eq!((f.sandbox.jmap_submissions().len(), f.lies_in(&done.remote.unwrap())), (1, vec!["Sent".to_owned()]));
}

#[tokio::test]
async fn a_mail_goes_once_though_nobody_could_look() {
    let mut f = Fixture::start(Fill::Empty).await;
    let letter = mail("a@b", JMAP_MARA, "c@d.example");
    // The submission is the last request of an attempt that gets through; all that follow it break.
    f.source.mailboxes().await.unwrap();
    f.sandbox.set_jmap(|s| (s.lose_answer_to, s.forgets_success) = (Some("EmailSubmission/set".to_owned()), true));
    let before = f.api_requests();
    f.source.submit(&mail("probe@b", JMAP_MARA, "c@d.example"), &Witness::default()).await.unwrap();
    let requests = f.api_requests() - before;
    assert!(requests >= 5, "identities, search, import, submission, and what was looked for: {requests}");
    let once = f.sandbox.jmap_submissions().len();
    f.sandbox.set_jmap(|s| (s.lose_answer_to, s.forgets_success) = (Some("EmailSubmission/set".to_owned()), true));
    f.sandbox.control().add_fault(Fault::new("/jmap/api", FaultAction::Drop { after_commit: false }).method("POST").nth(5).times(0));
    let witness = Witness::default();
    let error = f.source.submit(&letter, &witness).await.unwrap_err();
    assert!(error.code() == "unreachable" && *witness.0.lock().unwrap() == 1, "{error}");
    f.sandbox.control().clear_faults();
    assert_eq!(f.sandbox.jmap_submissions().len(), once + 1, "it has gone");
    f.restart();
    // Still among the drafts, and yet it is known to have gone.
    assert!(f.source.find(None, "a@b").await.unwrap().is_some());
    f.sandbox.set_jmap(|s| s.forgets_success = false);
    let done = f.source.submit(&letter, &Witness::default()).await.unwrap();
    assert_eq!((f.sandbox.jmap_submissions().len(), f.lies_in(&done.remote.unwrap())), (once + 1, vec!["Sent".to_owned()]), "not again");
}

#[tokio::test]
async fn an_import_whose_answer_was_lost_is_cleared_away_before_the_next_attempt() {
    let f = Fixture::start(Fill::Empty).await;
    let letter = mail("a@b", JMAP_MARA, "c@d.example");
    f.sandbox.set_jmap(|s| s.lose_answer_to = Some("Email/import".to_owned()));
    let witness = Witness::default();
    assert_eq!(f.source.submit(&letter, &witness).await.unwrap_err().code(), "unreachable");
    assert_eq!((*witness.0.lock().unwrap(), f.sandbox.jmap_emails().len()), (0, 1), "a draft was left");
    f.source.submit(&letter, &witness).await.unwrap();
    assert_eq!((f.sandbox.jmap_emails().len(), f.sandbox.jmap_submissions().len()), (1, 1));
    f.sandbox.control().add_fault(Fault::new("/jmap/upload/*", lost()));
    f.source.submit(&mail("b@b", JMAP_MARA, "c@d.example"), &witness).await.unwrap();
}

#[tokio::test]
async fn what_should_have_followed_a_submission_is_done_by_hand() {
    let f = Fixture::start(Fill::Empty).await;
    f.sandbox.set_jmap(|s| s.forgets_success = true);
    let done = f.source.submit(&mail("a@b", JMAP_MARA, "c@d.example"), &Witness::default()).await.unwrap();
    let id = done.remote.unwrap();
    assert_eq!((f.lies_in(&id), f.email(&id).keywords.contains("$draft")), (vec!["Sent".to_owned()], false));
}

#[tokio::test]
async fn an_account_without_folders_for_it_gets_them() {
    let f = Fixture::start(Fill::Empty).await;
    for name in ["Drafts", "Sent"] {
        f.sandbox.jmap_drop_mailbox(f.folder(name).as_str());
    }
    let done = f.source.submit(&mail("a@b", JMAP_MARA, "c@d.example"), &Witness::default()).await.unwrap();
    assert_eq!(f.lies_in(&done.remote.unwrap()), ["Sent"]);
}
