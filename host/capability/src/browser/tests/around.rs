//! What an action causes beside its element, and the actions that need more than a point: through
//! the WIT, as a plugin calls it.

use super::*;

/// The page that all of these play on.
async fn around(bench: &Bench) -> (Guest, Resource<Page>) {
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/around").await;
    (guest, page)
}

impl Guest {
    async fn says(&mut self, page: &Resource<Page>, text: &str) {
        let log = self.css(page, "#log").await;
        let text = TextMatch::Exact(text.into());
        let said = wit::HostLocator::wait_for_text(&mut self.view(), lent(&log), text, SOON).await;
        said.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_popup_is_a_page_and_can_be_closed() {
    let bench = bench().await;
    let (mut guest, page) = around(&bench).await;
    let waiter = wit::HostPage::expect_popup(&mut guest.view(), lent(&page)).await;
    let waiter = waiter.unwrap().unwrap();
    let open = guest.find(&page, button("Open")).await;
    guest.click(&open).await.unwrap();
    let mut view = guest.view();
    let popup = wit::HostPopupWaiter::wait(&mut view, lent(&waiter), SOON).await.unwrap().unwrap();
    let there = TextMatch::Exact(format!("{}/later", bench.origin("127.0.0.1")));
    wit::HostPage::wait_for_url(&mut view, lent(&popup), there, SOON).await.unwrap().unwrap();
    let again = wit::HostPopupWaiter::wait(&mut view, lent(&waiter), SOON).await.unwrap();
    assert!(matches!(again, Err(Failure::Invalid(_))), "{:?}", again.err());
    wit::HostPage::close(&mut view, lent(&popup), SOON).await.unwrap().unwrap();
    let current = view.current_page().await.unwrap().unwrap();
    let url = wit::HostPage::url(&mut view, lent(&current)).await.unwrap().unwrap();
    assert_eq!(url, format!("{}/around", bench.origin("127.0.0.1")));
}

#[tokio::test]
async fn dialogs_are_answered_as_the_plugin_says() {
    let bench = bench().await;
    let (mut guest, page) = around(&bench).await;
    let ask = guest.find(&page, button("Ask")).await;
    let confirm = guest.find(&page, button("Confirm")).await;
    guest.click(&confirm).await.unwrap();
    guest.says(&page, "false").await;

    let answer = wit::DialogAnswer::Text("Erika".into());
    let mut view = guest.view();
    wit::HostPage::on_dialog(&mut view, lent(&page), answer).await.unwrap().unwrap();
    let waiter = wit::HostPage::expect_dialog(&mut view, lent(&page)).await.unwrap().unwrap();
    guest.click(&ask).await.unwrap();
    let mut view = guest.view();
    let dialog = wit::HostDialogWaiter::wait(&mut view, lent(&waiter), SOON).await;
    let dialog = dialog.unwrap().unwrap();
    assert_eq!(dialog.kind, wit::DialogKind::Prompt);
    assert_eq!((dialog.message.as_str(), dialog.proposed.as_str()), ("Which name?", "Max"));
    guest.says(&page, "Erika").await;
    guest.click(&confirm).await.unwrap();
    guest.says(&page, "true").await;
}

#[tokio::test]
async fn what_a_step_announces_ends_with_it() {
    let bench = bench().await;
    let request = bench.request(1).await;
    let mut guest = bench.guest_of(&request);
    let page = guest.open("signup", "/around").await;
    let (banner, close) =
        (guest.css(&page, "#notice").await, guest.find(&page, button("Close")).await);
    let mut view = guest.view();
    wit::HostPage::on_overlay(&mut view, lent(&page), lent(&banner), lent(&close))
        .await
        .unwrap()
        .unwrap();
    let answer = wit::DialogAnswer::Accept;
    wit::HostPage::on_dialog(&mut view, lent(&page), answer).await.unwrap().unwrap();
    let show = guest.find(&page, button("Show")).await;
    guest.click(&show).await.unwrap();
    let confirm = guest.find(&page, button("Confirm")).await;
    guest.click(&confirm).await.unwrap();
    guest.says(&page, "true").await;
    drop(guest);

    let mut next = bench.guest_of(&request);
    let page = next.page().await;
    let confirm = next.find(&page, button("Confirm")).await;
    next.click(&confirm).await.unwrap();
    next.says(&page, "false").await;
    let show = next.find(&page, button("Show")).await;
    next.click(&show).await.unwrap();
    let briefly = wit::ClickOptions { within: Some(millis(500)), ..click() };
    let mut view = next.view();
    let covered = wit::HostLocator::click(&mut view, lent(&confirm), briefly).await.unwrap();
    let Err(Failure::TimedOut(waited)) = &covered else { panic!("{covered:?}") };
    assert!(format!("{waited:?}").contains("notice"), "{waited:?}");
}

#[tokio::test]
async fn a_download_that_is_expected_comes_as_bytes() {
    let bench = bench().await;
    let (mut guest, page) = around(&bench).await;
    let waiter = wit::HostPage::expect_download(&mut guest.view(), lent(&page)).await;
    let waiter = waiter.unwrap().unwrap();
    let link = guest.css(&page, "a").await;
    guest.click(&link).await.unwrap();
    let mut view = guest.view();
    let file = wit::HostDownloadWaiter::wait(&mut view, lent(&waiter), SOON).await;
    let file = file.unwrap().unwrap();
    assert_eq!(
        (file.name.as_str(), file.bytes.as_slice()),
        ("paper.pdf", b"%PDF paper".as_slice())
    );
}

#[tokio::test]
async fn files_are_uploaded_and_options_picked() {
    let bench = bench().await;
    let (mut guest, page) = around(&bench).await;
    let field = guest.find(&page, label("Files")).await;
    let file = |name: &str, bytes: &[u8]| wit::File {
        name: name.into(),
        mime_type: "text/plain".into(),
        bytes: bytes.into(),
    };
    let files = vec![file("a.txt", b"one"), file("b.txt", b"two")];
    let upload = wit::HostLocator::upload(&mut guest.view(), lent(&field), files, SOON).await;
    upload.unwrap().unwrap();
    guest.says(&page, "a.txt text/plain one, b.txt text/plain two").await;
    let large = vec![file("large", &vec![0; (4 << 20) + 1])];
    let upload = wit::HostLocator::upload(&mut guest.view(), lent(&field), large, SOON).await;
    assert!(matches!(upload.unwrap(), Err(Failure::Invalid(_))));

    let colours = guest.find(&page, label("Colours")).await;
    let both = vec![TextMatch::Exact("Red".into()), TextMatch::Exact("b".into())];
    let picked = wit::HostLocator::select_all(&mut guest.view(), lent(&colours), both, SOON).await;
    picked.unwrap().unwrap();
    guest.says(&page, "r,b").await;
}

#[tokio::test]
async fn keys_are_held_and_things_dragged() {
    let bench = bench().await;
    let (mut guest, page) = around(&bench).await;
    let keys = guest.css(&page, "#keys").await;
    let held =
        wit::ClickOptions { modifiers: wit::Modifiers::SHIFT | wit::Modifiers::ALT, ..click() };
    wit::HostLocator::click(&mut guest.view(), lent(&keys), held).await.unwrap().unwrap();
    guest.says(&page, "true,false,true,false").await;

    let (thing, place) = (guest.css(&page, "#thing").await, guest.css(&page, "#place").await);
    let mut view = guest.view();
    let dragged = wit::HostLocator::drag_to(&mut view, lent(&thing), lent(&place), SOON).await;
    dragged.unwrap().unwrap();
    guest.says(&page, "dropped thing").await;
}

#[tokio::test]
async fn what_can_be_edited_is_told_and_texts_are_awaited() {
    let bench = bench().await;
    let (mut guest, page) = around(&bench).await;
    for (css, editable) in [("#fixed", false), ("#free", true)] {
        let field = guest.css(&page, css).await;
        let told = wit::HostLocator::is_editable(&mut guest.view(), lent(&field), SOON).await;
        assert_eq!(told.unwrap().unwrap(), editable, "{css}");
    }
    let later = guest.find(&page, button("Later")).await;
    guest.click(&later).await.unwrap();
    guest.says(&page, "at last").await;
    let picture = wit::HostPage::picture(&mut guest.view(), lent(&page), SOON).await;
    assert!(picture.unwrap().unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn one_of_several_iframes_is_entered() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.open("signup", "/framed").await;
    let frames = guest.css(&page, "iframe").await;
    let mut view = guest.view();
    let second = wit::HostLocator::nth(&mut view, lent(&frames), 1).await.unwrap();
    let inside = wit::HostLocator::content_frame(&mut view, lent(&second)).await.unwrap();
    let text = wit::Selector::Css("p".into());
    let text = wit::HostFrame::locate(&mut view, lent(&inside), text).await.unwrap();
    assert_eq!(guest.text(&text).await.unwrap(), "the second");
    let any = wit::HostLocator::content_frame(&mut guest.view(), lent(&frames)).await.unwrap();
    let text = wit::Selector::Css("p".into());
    let text = wit::HostFrame::locate(&mut guest.view(), lent(&any), text).await.unwrap();
    let answer = guest.text(&text).await;
    let Err(Failure::PageChanged(change)) = answer else { panic!("{answer:?}") };
    assert_eq!((change.looked_for.as_str(), change.found), ("css(\"iframe\")", 2), "{change:?}");
}

#[tokio::test]
async fn overlays_have_a_number_and_can_be_taken_back() {
    let bench = bench().await;
    let (mut guest, page) = around(&bench).await;
    let banner = guest.css(&page, "#banner").await;
    let close = guest.css(&page, "#banner button").await;
    let bad = guest.find(&page, wit::Selector::Text(TextMatch::Matches("(".into()))).await;
    let announce = async |guest: &mut Guest, overlay: &Resource<Locator>| {
        let mut view = guest.view();
        wit::HostPage::on_overlay(&mut view, lent(&page), lent(overlay), lent(&close))
            .await
            .unwrap()
    };
    let answer = announce(&mut guest, &bad).await;
    assert!(matches!(answer, Err(Failure::Invalid(_))), "{answer:?}");
    announce(&mut guest, &banner).await.unwrap();
    announce(&mut guest, &banner).await.unwrap();
    for n in 1..16 {
        let other = guest.css(&page, &format!("#other{n}")).await;
        announce(&mut guest, &other).await.unwrap();
    }
    announce(&mut guest, &banner).await.unwrap();
    let one_more = guest.css(&page, "#one-more").await;
    let answer = announce(&mut guest, &one_more).await;
    let Err(Failure::Invalid(why)) = answer else { panic!("{answer:?}") };
    assert!(why.contains("#one-more") && why.contains("16"), "{why}");

    let cover = guest.find(&page, button("Cover")).await;
    let keys = guest.css(&page, "#keys").await;
    guest.click(&cover).await.unwrap();
    guest.click(&keys).await.unwrap();
    guest.says(&page, "false,false,false,false").await;
    let mut view = guest.view();
    wit::HostPage::off_overlay(&mut view, lent(&page), lent(&banner)).await.unwrap().unwrap();
    announce(&mut guest, &one_more).await.unwrap();
    guest.click(&cover).await.unwrap();
    let brief = wit::ClickOptions { within: Some(millis(500)), ..click() };
    let answer = wit::HostLocator::click(&mut guest.view(), lent(&keys), brief).await.unwrap();
    assert!(matches!(answer, Err(Failure::TimedOut(_))), "{answer:?}");
}

#[tokio::test]
async fn a_page_goes_back_and_forward() {
    let bench = bench().await;
    let (mut guest, page) = around(&bench).await;
    guest.goto(&page, "issuer", "/later").await.unwrap();
    let mut view = guest.view();
    assert!(wit::HostPage::go_back(&mut view, lent(&page), SOON).await.unwrap().unwrap());
    let url = wit::HostPage::url(&mut view, lent(&page)).await.unwrap().unwrap();
    assert_eq!(url, format!("{}/around", bench.origin("127.0.0.1")));
    assert!(wit::HostPage::go_forward(&mut view, lent(&page), SOON).await.unwrap().unwrap());
    assert!(!wit::HostPage::go_forward(&mut view, lent(&page), SOON).await.unwrap().unwrap());
    let url = wit::HostPage::url(&mut view, lent(&page)).await.unwrap().unwrap();
    assert_eq!(url, format!("{}/later", bench.origin("issuer.localhost")));
}

#[tokio::test]
async fn what_a_page_is_asked_for_has_its_own_time() {
    let bench = bench().await;
    let mut guest = bench.guest().await;
    let page = guest.page().await;
    let brief = Some(millis(300));
    let mut view = guest.view();
    let never =
        wit::HostPage::goto(&mut view, lent(&page), "signup".into(), "/never".into(), brief);
    let answer = never.await.unwrap();
    let Err(Failure::TimedOut(waited)) = answer else { panic!("{answer:?}") };
    assert_eq!(waited.within.milliseconds, 300);

    guest.goto(&page, "signup", "/form").await.unwrap();
    let hang = guest.find(&page, button("Hang")).await;
    let options = wit::ClickOptions { within: brief, ..click() };
    let _ = wit::HostLocator::click(&mut guest.view(), lent(&hang), options).await.unwrap();
    let answer = wit::HostLocator::count(&mut guest.view(), lent(&hang), brief).await.unwrap();
    assert!(matches!(answer, Err(Failure::TimedOut(_))), "{answer:?}");
    let answer = wit::HostPage::title(&mut guest.view(), lent(&page), brief).await.unwrap();
    assert!(matches!(answer, Err(Failure::TimedOut(_))), "{answer:?}");
}
