//! Mail waits for the run that it is for.

use super::fixture::{Shared, at, claim, signup, working};

on_every_store!(
    mail_is_found_by_its_recipient_whatever_its_case,
    the_newest_mail_comes_first,
    a_mail_is_taken_by_one_run,
    racing_runs_take_a_mail_once,
    old_and_taken_mail_is_forgotten,
);

const TO: &str = "root+1@example.com";
const WEEK: i64 = 7 * 24 * 3600;

async fn mail_is_found_by_its_recipient_whatever_its_case(store: Shared) {
    let id = store.put_mail(at(0), "Root+1@Example.COM", vec![0, 159, 146, 150]).await.unwrap();
    store.put_mail(at(0), "root+2@example.com", vec![9]).await.unwrap();
    for recipient in [TO, "ROOT+1@EXAMPLE.COM"] {
        let mails = store.untaken_mail(recipient).await.unwrap();
        assert_eq!(mails.len(), 1);
        assert_eq!((mails[0].id, mails[0].recipient.as_str(), mails[0].at), (id, TO, at(0)));
        assert_eq!(mails[0].sealed, [0, 159, 146, 150]);
    }
}

async fn the_newest_mail_comes_first(store: Shared) {
    for (second, body) in [(5, 1), (9, 2), (7, 3)] {
        store.put_mail(at(second), TO, vec![body]).await.unwrap();
    }
    let bodies: Vec<u8> =
        store.untaken_mail(TO).await.unwrap().iter().map(|mail| mail.sealed[0]).collect();
    assert_eq!(bodies, [2, 3, 1]);
}

async fn a_mail_is_taken_by_one_run(store: Shared) {
    let one = working(&*store).await;
    signup(&*store, 2, at(0)).await;
    let two = claim(&*store, "w", at(0)).await;
    let id = store.put_mail(at(1), TO, vec![1]).await.unwrap();
    assert!(store.take_mail(&one.fence, id).await.unwrap());
    assert!(store.take_mail(&one.fence, id).await.unwrap(), "it has it");
    assert!(!store.take_mail(&two.fence, id).await.unwrap());
    assert!(!store.take_mail(&two.fence, id + 1).await.unwrap(), "there is none");
    assert!(store.untaken_mail(TO).await.unwrap().is_empty());
}

async fn racing_runs_take_a_mail_once(store: Shared) {
    let id = store.put_mail(at(1), TO, vec![1]).await.unwrap();
    let mut runs = tokio::task::JoinSet::new();
    for number in 0..8 {
        signup(&*store, number, at(0)).await;
        let claim = claim(&*store, "w", at(0)).await;
        let store = store.clone();
        runs.spawn(async move { store.take_mail(&claim.fence, id).await.unwrap() });
    }
    assert_eq!(runs.join_all().await.into_iter().filter(|took| *took).count(), 1);
}

async fn old_and_taken_mail_is_forgotten(store: Shared) {
    let claim = working(&*store).await;
    let first = store.put_mail(at(0), TO, vec![1]).await.unwrap();
    let second = store.put_mail(at(1), TO, vec![2]).await.unwrap();
    assert!(store.take_mail(&claim.fence, second).await.unwrap());
    store.put_mail(at(WEEK), "other@example.com", vec![3]).await.unwrap();
    assert_eq!(store.untaken_mail(TO).await.unwrap().len(), 1, "a week old is kept");
    assert!(!store.take_mail(&claim.fence, second).await.unwrap(), "gone");
    let last = store.put_mail(at(WEEK + 1), "other@example.com", vec![4]).await.unwrap();
    assert!(store.untaken_mail(TO).await.unwrap().is_empty());
    assert!(first < second && second < last, "numbers are not used again");
}
