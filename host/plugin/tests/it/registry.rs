//! Installing and swapping: a plugin that fails any check leaves the old one serving.

use std::collections::BTreeSet;

use mavm_plugin::LoadError;

use crate::capabilities::Host;
use crate::guest::{ASSUME, guest};

#[tokio::test]
async fn what_fails_leaves_the_old_one_serving() {
    let host = Host::new().await;
    let registry = host.runtime.registry();
    let good = registry.install(guest("guest").build(), Some("guest")).await.unwrap();
    let swaps = registry.subscribe();
    let before = registry.active();

    let bad: Vec<(&str, Vec<u8>)> = vec![
        ("garbage", b"garbage".to_vec()),
        ("no exports", wat::parse_str("(component)").unwrap()),
        ("bad manifest", guest("guest").version("x").build()),
        ("traps", guest("guest").describe("unreachable").build()),
        ("not granted", guest("stranger").imports(&[ASSUME]).build()),
        ("another name", guest("other").build()),
    ];
    for (case, bytes) in bad {
        assert!(registry.install(bytes, Some("guest")).await.is_err(), "{case}");
        assert_eq!(registry.active(), before, "{case}");
    }
    assert!(!swaps.has_changed().unwrap());
    assert!(registry.get(&good.digest).await.is_ok());
}

#[tokio::test]
async fn a_swap_is_told_and_the_pinned_digest_still_loads() {
    let mut host = Host::new().await;
    let old = host.runtime.registry().install(guest("guest").build(), None).await.unwrap();
    let mut swaps = host.runtime.registry().subscribe();
    swaps.mark_unchanged();
    let new = guest("guest").version("2.0.0").build();
    let new = host.runtime.registry().install(new, None).await.unwrap();
    swaps.changed().await.unwrap();
    assert_eq!(swaps.borrow()["guest"], new);
    assert_ne!(old.digest, new.digest);

    host.restart().await;
    let registry = host.runtime.registry();
    assert_eq!(registry.active()["guest"], new, "the choice survives a restart");
    assert_eq!(registry.get(&old.digest).await.unwrap().about().version, "1.2.3");
}

#[tokio::test]
async fn installing_the_same_again_is_no_swap() {
    let host = Host::new().await;
    let registry = host.runtime.registry();
    let first = registry.install(guest("guest").build(), None).await.unwrap();
    let mut swaps = registry.subscribe();
    swaps.mark_unchanged();
    assert_eq!(registry.install(guest("guest").build(), None).await.unwrap(), first);
    assert!(!swaps.has_changed().unwrap());
}

#[tokio::test]
async fn a_folder_is_loaded_and_does_not_undo_a_later_install() {
    let mut host = Host::new().await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    write("guest.wasm", &guest("guest").build());
    write("other.wasm", &guest("other").build());
    write("broken.wasm", b"broken");
    write("liar.wasm", &guest("guest").version("9.9.9").build());
    write("readme.txt", b"not a plugin");

    let entries = host.runtime.registry().load_dir(folder.path()).await.unwrap();
    let loaded: Vec<_> = entries
        .iter()
        .map(|entry| (entry.path.file_name().unwrap().to_str().unwrap(), entry.loaded.is_ok()))
        .collect();
    assert_eq!(
        loaded,
        [("broken.wasm", false), ("guest.wasm", true), ("liar.wasm", false), ("other.wasm", true)]
    );
    let liar = entries[2].loaded.as_ref().unwrap_err();
    assert!(matches!(liar, LoadError::OtherName { .. }), "{liar:?}");

    let patched = guest("guest").version("1.2.4").build();
    let patched = host.runtime.registry().install(patched, Some("guest")).await.unwrap();
    host.restart().await;
    host.runtime.registry().load_dir(folder.path()).await.unwrap();
    assert_eq!(host.runtime.registry().active()["guest"], patched);

    write("guest.wasm", &guest("guest").version("1.3.0").build());
    host.runtime.registry().load_dir(folder.path()).await.unwrap();
    assert_eq!(host.runtime.registry().active()["guest"].about.version, "1.3.0");
}

#[tokio::test]
async fn many_ask_for_one_digest_at_once() {
    let mut host = Host::new().await;
    let digest =
        host.runtime.registry().install(guest("guest").build(), None).await.unwrap().digest;
    host.restart().await;
    let registry = host.runtime.registry();
    let (a, b, c) =
        tokio::join!(registry.get(&digest), registry.get(&digest), registry.get(&digest));
    let (a, b, c) = (a.unwrap(), b.unwrap(), c.unwrap());
    assert!(std::sync::Arc::ptr_eq(&a, &b) && std::sync::Arc::ptr_eq(&b, &c));
}

#[tokio::test]
async fn unknown_and_damaged_digests_say_what_to_do() {
    let mut host = Host::new().await;
    let digest =
        host.runtime.registry().install(guest("guest").build(), None).await.unwrap().digest;
    let path = host.folder.path().join(format!("data/plugins/{digest}.wasm"));
    std::fs::write(&path, guest("guest").version("6.6.6").build()).unwrap();
    host.restart().await;

    let registry = host.runtime.registry();
    assert!(registry.active().is_empty(), "a damaged plugin doesn't serve");
    let error = registry.get(&digest).await.unwrap_err();
    assert!(matches!(error, LoadError::Damaged { .. }), "{error:?}");
    for wrong in ["../../etc/passwd", "", &"0".repeat(64)] {
        let error = registry.get(wrong).await.unwrap_err();
        assert!(matches!(error, LoadError::Unknown(_)), "{error:?}");
        assert!(error.to_string().contains("Install"), "{error}");
    }

    registry.install(guest("guest").build(), None).await.unwrap();
    assert!(registry.get(&digest).await.is_ok(), "installing it again mends it");
}

#[tokio::test]
async fn only_what_nobody_needs_is_collected() {
    let host = Host::new().await;
    let registry = host.runtime.registry();
    let mut digests = Vec::new();
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        let component = guest("guest").version(version).build();
        digests.push(registry.install(component, None).await.unwrap().digest);
    }
    let pinned = BTreeSet::from([digests[1].clone()]);
    assert_eq!(registry.collect(&pinned).await.unwrap(), [digests[0].clone()]);
    assert!(registry.get(&digests[0]).await.is_err());
    assert!(registry.get(&digests[1]).await.is_ok());
    assert!(registry.get(&digests[2]).await.is_ok());
    assert!(host.folder.path().join("data/plugins/active.json").exists());
}
