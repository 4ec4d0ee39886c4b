//! A click waits until the element can be clicked, reaches it and nothing else, and is done once.

use mavm_browser::{ClickOptions, ElementState, Error, MouseButton, Selector, TextMatch};

use crate::on_both;
use crate::stage::{BRIEF, SOON, Stage};

on_both! {
    a_click_waits_until_the_element_is_ready: |stage| {
        stage.open("clicking.html").await;
        for id in ["jumping", "moving", "late", "off", "ingroup", "new", "plain", "below", "plain"] {
            stage.css(&format!("#{id}")).click(ClickOptions::default(), SOON).await.unwrap();
        }
        let log = stage.log().await;
        assert_eq!(log, "click:jumping click:moving click:late click:off click:ingroup click:new click:plain click:below click:plain");
    }

    labels_and_parts_of_buttons_can_be_clicked: |stage| {
        stage.open("clicking.html").await;
        stage.css("#inside").click(ClickOptions::default(), SOON).await.unwrap();
        stage.css("#lab").click(ClickOptions::default(), SOON).await.unwrap();
        assert!(stage.css("#agree").is_checked(SOON).await.unwrap());
        assert!(stage.log().await.starts_with("click:wrapped"));
    }

    buttons_and_counts: |stage| {
        stage.open("clicking.html").await;
        // This page's last change puts something in front of the button: not between its two clicks.
        stage.css("#new").wait_for(ElementState::Visible, SOON).await.unwrap();
        let plain = stage.css("#plain");
        plain.click(ClickOptions { count: 2, ..ClickOptions::default() }, SOON).await.unwrap();
        assert_eq!(stage.log().await, "click:plain click:plain dblclick:plain");
        plain.click(ClickOptions { button: MouseButton::Right, ..ClickOptions::default() }, SOON).await.unwrap();
        let log = stage.log().await;
        assert!(log.contains("contextmenu:plain") && log.contains("auxclick:plain"), "{log}");
        plain.click(ClickOptions { at: Some((3.0, 3.0)), ..ClickOptions::default() }, SOON).await.unwrap();
        assert!(plain.click(ClickOptions { count: 0, ..ClickOptions::default() }, SOON).await.is_err());
    }

    a_second_click_does_not_go_to_what_came_instead: |stage| {
        stage.open("vanishing-frame.html").await;
        let inside = stage.page.frame(Selector::css("#frame")).locator(Selector::css("#once"));
        inside.click(ClickOptions { count: 2, ..ClickOptions::default() }, SOON).await.unwrap();
        assert_eq!(stage.log().await, "once");
        stage.css("#below").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "once below");
    }

    a_second_click_does_not_go_to_what_slides_over_it_nor_is_the_first_repeated: |stage| {
        let twice = ClickOptions { count: 2, ..ClickOptions::default() };
        for (css, log) in [("#clicked", "clicked"), ("#pressed", "pressed"), ("#plain", "plain")] {
            stage.open("covering-between.html").await;
            for id in ["#clicked", "#pressed"] {
                stage.page.frame(Selector::css(id)).locator(Selector::css("#there")).wait_for(ElementState::Visible, SOON).await.unwrap();
            }
            let error = stage.css(css).click(twice, SOON).await.unwrap_err();
            assert!(error.to_string().contains("click 2 of 2"), "{error}");
            assert!(error.to_string().contains("covered by <div id=cover>"), "{error}");
            assert_eq!(stage.log().await, log);
        }
        stage.open("covering-between.html").await;
        // What is made anew by the first click is no cover.
        for css in ["#replaced", "#part span"] {
            stage.css(css).click(twice, SOON).await.unwrap();
        }
        assert_eq!(stage.log().await, "replaced replaced part part");
    }

    each_of_several_clicks_is_judged_where_no_script_runs: |stage| {
        stage.open("scriptless-covering.html").await;
        let shut = stage.page.frame(Selector::css("#shut"));
        let (plain, covered) = (shut.locator(Selector::css("#plain")), shut.locator(Selector::css("#covered")));
        for (count, checked) in [(2, false), (3, true)] {
            plain.click(ClickOptions { count, ..ClickOptions::default() }, SOON).await.unwrap();
            assert_eq!(plain.is_checked(SOON).await.unwrap(), checked);
        }
        let twice = ClickOptions { count: 2, ..ClickOptions::default() };
        let error = covered.click(twice, SOON).await.unwrap_err();
        assert!(error.to_string().contains("click 2 of 2"), "{error}");
        assert!(error.to_string().contains("covered by <span class=\"cover\">"), "{error}");
        assert!(covered.is_checked(SOON).await.unwrap());
    }

    what_is_covered_is_not_clicked_and_the_cover_is_named: |stage| {
        stage.open("covered.html").await;
        let error = stage.css("#under").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        let Error::TimedOut(waited) = &error else { panic!("{error}") };
        let obstacle = waited.last_obstacle.clone().unwrap();
        assert!(obstacle.starts_with("<button id=under>Under: covered by <div class=\"inner\"> in <div id=banner>"), "{obstacle}");
        assert!(waited.showed.contains("covered.html, \"Covered\""), "{}", waited.showed);
        assert_eq!(stage.log().await, "");
    }

    a_known_overlay_is_dismissed: |stage| {
        stage.open("covered.html").await;
        stage.page.on_overlay(&stage.css("#banner"), &stage.button("Accept cookies"));
        stage.css("#under").click(ClickOptions::default(), SOON).await.unwrap();
        stage.css("#under").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.log().await, "accepted under under");
    }

    an_event_that_would_hit_something_else_is_swallowed: |stage| {
        stage.open("covered.html").await;
        stage.button("Accept cookies").click(ClickOptions::default(), SOON).await.unwrap();
        let error = stage.css("#tricky").click(ClickOptions::default(), BRIEF).await.unwrap_err();
        assert!(error.to_string().contains("covered by"), "{error}");
        assert_eq!(stage.log().await, "accepted");
        assert_eq!(stage.site.count("trapped"), 0);
    }

    what_is_drawn_anew_with_the_next_frame_loses_no_click: |stage| {
        stage.open("drawn-later.html").await;
        for n in 0..60 {
            stage.button(&format!("Add {}", n % 5)).click(ClickOptions::default(), SOON).await.unwrap();
        }
        stage.css("#log").wait_for_text(&TextMatch::exact("60"), SOON).await.unwrap();
    }

    what_is_drawn_anew_by_a_timer_loses_no_click: |stage| {
        stage.open("drawn-later.html?timer").await;
        for n in 0..60 {
            stage.button(&format!("Add {}", n % 5)).click(ClickOptions::default(), SOON).await.unwrap();
        }
        stage.css("#log").wait_for_text(&TextMatch::exact("60"), SOON).await.unwrap();
    }

    a_list_that_renders_anew_all_the_time_can_be_clicked: |stage| {
        stage.open("rerender.html").await;
        for index in 0..30 {
            stage.button(&format!("Add {}", index % 20)).click(ClickOptions::default(), SOON).await.unwrap();
        }
        assert_eq!(stage.log().await, "30");
    }

    a_frame_in_which_no_script_may_run_is_waited_for: |stage| {
        stage.open("scriptless.html").await;
        let agree = stage.page.frame(Selector::css("#shut")).locator(Selector::css("#agree"));
        agree.check(SOON).await.unwrap();
        assert!(agree.is_checked(SOON).await.unwrap());
        assert_eq!(stage.log().await, "enabled");
    }

    a_click_waits_for_who_listens_on_a_page_that_is_still_read: |stage| {
        let name = format!("{:?}", stage.build);
        let url = Stage::own(&format!("/pages/half-read.html?{name}"));
        // The page is opened by a frame: opening it in the page itself would wait for its scripts.
        stage.open("switch.html").await;
        stage.css("#url").fill(url.as_str(), SOON).await.unwrap();
        stage.css("#go").click(ClickOptions::default(), SOON).await.unwrap();
        let frame = stage.page.frame(Selector::css("iframe"));
        let button = frame.locator(Selector::css("#go"));
        button.wait_for(ElementState::Visible, SOON).await.unwrap();
        let (clicked, ()) = tokio::join!(button.click(ClickOptions::default(), SOON), async {
            stage.site.open(&format!("half-read-{name}"));
        });
        clicked.unwrap();
        assert_eq!(frame.locator(Selector::css("#log")).text(SOON).await.unwrap(), "heard");
    }

    a_click_waits_for_the_page_it_leads_to: |stage| {
        stage.open(&format!("leaving.html?{:?}", stage.build)).await;
        let mut click = Box::pin(async {
            stage.css("#link").click(ClickOptions::default(), SOON).await.unwrap();
            stage.page.url().unwrap()
        });
        let early = tokio::time::timeout(BRIEF, &mut click).await;
        assert!(early.is_err(), "the click did not wait for its navigation");
        stage.site.open(&format!("leaving-{:?}", stage.build));
        assert!(click.await.contains("/slow/leaving-"));
        assert_eq!(stage.log().await, "arrived");
    }

    a_link_that_leads_nowhere_does_not_hold_the_click: |stage| {
        stage.open("leaving.html").await;
        stage.css("#nothing").click(ClickOptions::default(), SOON).await.unwrap();
        stage.css("#hash").click(ClickOptions::default(), SOON).await.unwrap();
        stage.page.wait_for_url(&TextMatch::regex("#there$"), SOON).await.unwrap();
        assert_eq!(stage.log().await, "here");
    }

    a_form_is_submitted_once: |stage| {
        let name = format!("leaving-{:?}", stage.build);
        stage.open(&format!("leaving.html?{:?}", stage.build)).await;
        stage.css("#submit").click(ClickOptions::default(), SOON).await.unwrap();
        stage.page.locator(Selector::role_named("heading", "counted")).wait_for(ElementState::Visible, SOON).await.unwrap();
        assert_eq!(stage.site.count(&name), 1);
        assert_eq!(stage.page.url().unwrap(), Stage::own(&format!("/count/{name}")));
    }

    a_page_may_close_itself_by_the_click: |stage| {
        stage.open("leaving.html").await;
        let popup = stage.page.expect_popup();
        stage.page.goto(&Stage::own("/pages/opener.html"), SOON).await.unwrap();
        stage.css("#open").click(ClickOptions::default(), SOON).await.unwrap();
        let popup = popup.wait(SOON).await.unwrap();
        popup.locator(Selector::css("#close")).click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.session.pages().len(), 1);
        assert!(matches!(popup.url(), Err(Error::Closed(_))));
    }

    a_page_that_swallows_events_is_clicked_once: |stage| {
        stage.open("swallowing.html").await;
        for (id, times) in [("#first", 1), ("#second", 2)] {
            stage.css(id).click(ClickOptions::default(), SOON).await.unwrap();
            assert_eq!(stage.log().await, "down ".repeat(times).trim());
        }
    }

    what_is_scrolled_scaled_and_sandboxed_can_be_clicked: |stage| {
        stage.open("twisted.html").await;
        for id in ["#scaled", "#shut", "#opaque"] {
            let go = stage.page.frame(Selector::css(id)).locator(Selector::css("#go"));
            go.click(ClickOptions::default(), SOON).await.unwrap();
            if id != "#shut" {
                assert_eq!(go.text(SOON).await.unwrap(), "Confirmed", "{id}");
            }
        }
        stage.css("#deep").click(ClickOptions::default(), SOON).await.unwrap();
        stage.css("#turned").click(ClickOptions::default(), SOON).await.unwrap();
        stage.css("#rewrite").click(ClickOptions::default(), SOON).await.unwrap();
        stage.css("#rewritten").click(ClickOptions::default(), SOON).await.unwrap();
        assert_eq!(stage.css("#rewritten").text(SOON).await.unwrap(), "pressed");
    }
}
