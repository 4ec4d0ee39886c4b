//! Writes that queue up are committed together, and don't harm each other.

use std::sync::Arc;
use std::sync::mpsc;

use rusqlite::Connection;

use crate::sqlite::fault::Did;
use crate::sqlite::{Sqlite, conflict};
use crate::tests::fixture::{Home, at};
use crate::{Error, Result, Store};

fn insert(conn: &Connection, name: &str) -> Did<()> {
    let sql = "INSERT INTO api_key (name, hash, created_at) VALUES (?1, ?1, 0)";
    conn.execute(sql, [name])?;
    Ok(())
}

/// Keeps the writer busy until told, so that what is asked meanwhile queues up.
async fn hold(store: &Arc<Sqlite>) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<()>>) {
    let (go, wait) = mpsc::channel();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let store = Arc::clone(store);
    let held = tokio::spawn(async move {
        let work = move |_: &Connection| {
            let _ = begun.send(());
            let _ = wait.recv();
            Ok(())
        };
        store.write(work).await
    });
    has_begun.await.unwrap();
    (go, held)
}

/// Waits until so many writes are in the queue.
async fn queued(store: &Sqlite, count: usize) {
    while store.writer.queued() < count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_error_undoes_its_own_job_only() {
    let home = Home::new().await;
    let (go, held) = hold(&home.sqlite()).await;
    let changes = home.store().changes();
    let before = *changes.borrow();
    let mut jobs = Vec::new();
    for number in 0..50 {
        let store = home.sqlite();
        jobs.push(tokio::spawn(async move {
            store
                .write(move |conn| {
                    insert(conn, &format!("key-{number}"))?;
                    match number % 5 {
                        0 => conflict("after it has written".to_owned()),
                        1 => insert(conn, &format!("key-{number}")),
                        _ => Ok(()),
                    }
                })
                .await
        }));
    }
    queued(&home.sqlite(), 50).await;
    go.send(()).unwrap();
    held.await.unwrap().unwrap();
    for (number, job) in jobs.into_iter().enumerate() {
        let result = job.await.unwrap();
        match number % 5 {
            0 => assert!(matches!(result, Err(Error::Conflict(_))), "{result:?}"),
            1 => assert!(matches!(result, Err(Error::Database(_))), "{result:?}"),
            _ => result.unwrap(),
        }
    }
    assert_eq!(home.store().key_count().await.unwrap(), 30);
    assert_eq!(*changes.borrow(), before + 1, "they were one commit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_that_fails_undoes_all_and_tells_all() {
    let home = Home::new().await;
    let (go, held) = hold(&home.sqlite()).await;
    let store = home.sqlite();
    let good = tokio::spawn(async move { store.write(|conn| insert(conn, "good")).await });
    queued(&home.sqlite(), 1).await;
    let store = home.sqlite();
    let bad = tokio::spawn(async move {
        // A row whose run isn't there, looked at only at the commit.
        let sql = "PRAGMA defer_foreign_keys = ON;
                   INSERT INTO reservation (resource, run, at) VALUES ('r', 'none', 0);";
        store.write(move |conn| Ok(conn.execute_batch(sql)?)).await
    });
    queued(&home.sqlite(), 2).await;
    go.send(()).unwrap();
    held.await.unwrap().unwrap();
    for result in [good.await.unwrap(), bad.await.unwrap()] {
        assert!(matches!(result, Err(Error::Database(_))), "{result:?}");
    }
    assert_eq!(home.store().key_count().await.unwrap(), 0);
    // And the writer goes on.
    home.sqlite().write(|conn| insert(conn, "later")).await.unwrap();
    assert_eq!(home.store().key_count().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_transaction_that_is_lost_is_told_and_the_rest_goes_on() {
    let home = Home::new().await;
    let (go, held) = hold(&home.sqlite()).await;
    let mut jobs = Vec::new();
    for number in 0..3 {
        let store = home.sqlite();
        jobs.push(tokio::spawn(async move {
            store
                .write(move |conn| {
                    insert(conn, &format!("key-{number}"))?;
                    if number == 1 {
                        // As SQLite does by itself when the disk is full.
                        conn.execute_batch("ROLLBACK")?;
                    }
                    Ok(())
                })
                .await
        }));
        queued(&home.sqlite(), number + 1).await;
    }
    go.send(()).unwrap();
    held.await.unwrap().unwrap();
    let mut results = Vec::new();
    for job in jobs {
        results.push(job.await.unwrap());
    }
    assert!(matches!(results[0], Err(Error::Database(_))), "{results:?}");
    assert!(matches!(results[1], Err(Error::Database(_))), "{results:?}");
    results[2].as_ref().unwrap();
    assert_eq!(home.store().key_count().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_that_left_before_its_turn_writes_nothing() {
    let home = Home::new().await;
    let (go, held) = hold(&home.sqlite()).await;
    let store = home.sqlite();
    let leaver = tokio::spawn(async move { store.write(|conn| insert(conn, "leaver")).await });
    queued(&home.sqlite(), 1).await;
    leaver.abort();
    assert!(leaver.await.unwrap_err().is_cancelled());
    go.send(()).unwrap();
    held.await.unwrap().unwrap();
    home.sqlite().write(|conn| insert(conn, "stayer")).await.unwrap();
    assert_eq!(home.store().key_count().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn dropping_the_store_writes_what_is_queued() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mavm.db");
    let store = Arc::new(Sqlite::open(&path).await.unwrap());
    let jobs: Vec<_> = (0..100)
        .map(|number| {
            let store = Arc::clone(&store);
            let name = format!("key-{number}");
            tokio::spawn(async move { store.put_key(&name, &name, at(0)).await })
        })
        .collect();
    for job in jobs {
        job.await.unwrap().unwrap();
    }
    Arc::into_inner(store).expect("the last one");
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|file| file.ends_with("-wal") || file.ends_with("-shm"))
        .collect();
    assert!(left.is_empty(), "the last connection takes the WAL with it: {left:?}");
    assert_eq!(Sqlite::open(&path).await.unwrap().key_count().await.unwrap(), 100);
}
