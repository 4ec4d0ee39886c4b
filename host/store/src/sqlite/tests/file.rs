//! The file: made, opened again, refused.

use std::sync::Arc;

use crate::sqlite::Sqlite;
use crate::tests::fixture::{Home, at, note, signup, working};
use crate::{Error, Store};

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_is_made_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/mavm.db");
    Sqlite::open(&path).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for made in ["a", "a/b"] {
            let mode = folder.path().join(made).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_there_after_a_clean_stop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mavm.db");
    let id = {
        let store = Sqlite::open(&path).await.unwrap();
        let claim = working(&store).await;
        note(&store, &claim, "a").await.unwrap();
        claim.run.id
    };
    let store = Sqlite::open(&path).await.unwrap();
    assert_eq!(store.journal(&id).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_commit_waits_for_the_disk() {
    let home = Home::new().await;
    let store = home.sqlite();
    let settings = store.write(|conn| {
        let read = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let mode = conn.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0))?;
        Ok((mode, read("synchronous")?, read("foreign_keys")?))
    });
    assert_eq!(settings.await.unwrap(), ("wal".to_owned(), 2, 1));
}

/// What is on the disk after each answer, with nothing closed: as a power cut leaves it.
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_there_without_any_stop() {
    let home = Home::new().await;
    let store = home.store();
    let claim = working(&*store).await;
    for round in 1..=5 {
        note(&*store, &claim, "entry").await.unwrap();
        let copy = tempfile::tempdir().unwrap();
        for file in ["mavm.db", "mavm.db-wal"] {
            std::fs::copy(home.path().with_file_name(file), copy.path().join(file)).unwrap();
        }
        let reopened = Sqlite::open(&copy.path().join("mavm.db")).await.unwrap();
        assert_eq!(reopened.journal(&claim.run.id).await.unwrap().len(), round);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mavm.db");
    {
        let store = Sqlite::open(&path).await.unwrap();
        let sql = "INSERT INTO schema_version (version, name) VALUES (99, '0099_later')";
        store.write(move |conn| Ok(conn.execute_batch(sql)?)).await.unwrap();
    }
    let error = Sqlite::open(&path).await.unwrap_err().to_string();
    assert!(error.contains("its schema is version 99"), "{error}");
    assert!(error.contains("a newer mavm has written it"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mavm.db");
    let text = "a letter to my aunt\n".repeat(100);
    std::fs::write(&path, &text).unwrap();
    let error = Sqlite::open(&path).await.unwrap_err().to_string();
    assert!(error.contains("not a database") && error.contains("last backup"), "{error}");
    assert!(error.contains(&path.display().to_string()), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);

    std::fs::write(folder.path().join("file"), "").unwrap();
    let error = Sqlite::open(&folder.path().join("file/mavm.db")).await.unwrap_err();
    assert!(matches!(&error, Error::Database(why) if why.contains("can't make")), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_open_a_new_file_at_once() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = Arc::new(folder.path().join("mavm.db"));
        let mut openers = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let path = Arc::clone(&path);
            openers.spawn(async move { Sqlite::open(&path).await.map(|_| ()) });
        }
        for opened in openers.join_all().await {
            opened.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_and_the_audit_log_take_no_changes() {
    let home = Home::new().await;
    let claim = working(&*home.store()).await;
    note(&*home.store(), &claim, "a").await.unwrap();
    home.store().stop_signups(true, "a", at(0)).await.unwrap();
    for sql in [
        "UPDATE journal SET entry = '0'",
        "DELETE FROM journal",
        "UPDATE audit SET actor = 'b'",
        "DELETE FROM audit",
    ] {
        let result = home.sqlite().write(move |conn| Ok(conn.execute_batch(sql)?)).await;
        assert!(result.unwrap_err().to_string().contains("append-only"), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_can_not_write() {
    let home = Home::new().await;
    signup(&*home.store(), 1, at(0)).await;
    let result = home.sqlite().read(|conn| Ok(conn.execute_batch("DELETE FROM run")?)).await;
    assert!(result.unwrap_err().to_string().contains("readonly"));
    assert_eq!(home.store().runs(None, 10).await.unwrap().len(), 1);
}
