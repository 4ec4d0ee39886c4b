//! Locators find what they say, and only one of it.

use mavm_browser::{Error, Selector, TextMatch};

use crate::on_both;
use crate::stage::{BRIEF, SOON};

on_both! {
    each_kind_of_selector_finds_its_element: |stage| {
        stage.open("finding.html").await;
        let exact = TextMatch::exact;
        for (selector, id) in [
            (Selector::css("awsui-button > button"), "aws"),
            (Selector::css("#deep"), "deep"),
            (Selector::Label(exact("E-mail address")), "mail"),
            (Selector::Label(exact("Country")), "country"),
            (Selector::Label(exact("Search terms")), "aria"),
            (Selector::Label(exact("Card number")), "by"),
            (Selector::Label(TextMatch::contains("shadow F")), "deep"),
            (Selector::Label(TextMatch::regex("^Basic$")), "basic"),
            (Selector::Placeholder(TextMatch::contains("example.org")), "mail"),
            (Selector::AltText(exact("A cat")), "pic"),
            (Selector::Title(exact("Long name")), "tip"),
            (Selector::role_named("button", "Delete"), "icon"),
            (Selector::role_named("button", "Close dialog"), "hiddenname"),
            (Selector::role_named("link", "More about it"), "link"),
            (Selector::role_named("checkbox", "Fancy"), "fancy"),
            (Selector::role_named("combobox", "Country"), "country"),
            (Selector::role_named("radio", "Basic"), "basic"),
            (Selector::role_named("textbox", "Shadow field"), "deep"),
            (Selector::role_named("img", "A cat"), "pic"),
            (Selector::role_named("image", "A cat"), "pic"),
            (Selector::Role { role: "searchbox".into(), name: None }, ""),
            (Selector::role_named("button", "Unread"), ""),
            (Selector::role_named("link", "not a link"), ""),
        ] {
            let locator = stage.page.locator(selector);
            if id.is_empty() {
                assert_eq!(locator.count(SOON).await.unwrap(), 0, "{locator}");
            } else {
                assert_eq!(locator.attribute("id", SOON).await.unwrap().as_deref(), Some(id), "{locator}");
            }
        }
        assert_eq!(stage.page.locator(Selector::TestId("box".into())).text(SOON).await.unwrap(), "in the box");
    }

    signs_that_mean_something_elsewhere_mean_nothing_in_a_text: |stage| {
        stage.open("finding.html").await;
        let text = "say \"a\" >>\n'b' \\c";
        for (selector, id) in [
            (Selector::Placeholder(TextMatch::exact(text)), "odd-hint"),
            (Selector::AltText(TextMatch::exact(text)), "odd-picture"),
            (Selector::Title(TextMatch::contains(text)), "odd-tip"),
            (Selector::TestId(text.to_owned()), "odd-box"),
        ] {
            let found = stage.page.locator(selector);
            assert_eq!(found.attribute("id", SOON).await.unwrap().as_deref(), Some(id), "{found}");
        }
    }

    text_is_folded_innermost_and_visible: |stage| {
        stage.open("finding.html").await;
        for (text, tag) in [
            (TextMatch::exact("Find me here"), "h1"),
            (TextMatch::contains("FIND ME"), "h1"),
            (TextMatch::exact("here"), "b"),
            (TextMatch::exact("One Two"), "p"),
            (TextMatch::exact("Save"), "span"),
            (TextMatch::regex("^Send"), "input"),
            (TextMatch::exact("Deepest text"), "p"),
            (TextMatch::regex(r"^Deepest\s"), "p"),
        ] {
            let found = stage.page.locator(Selector::Text(text));
            assert_eq!(found.count(SOON).await.unwrap(), 1, "{found}");
            let again = stage.page.locator(Selector::css(tag)).filter_text(TextMatch::regex("."));
            assert!(again.count(SOON).await.unwrap() >= 1 || tag == "input");
        }
        assert_eq!(stage.page.locator(Selector::Text(TextMatch::exact("save"))).count(SOON).await.unwrap(), 0);
    }

    locators_can_be_refined: |stage| {
        stage.open("finding.html").await;
        let items = stage.css("#list").locate(Selector::css("li"));
        assert_eq!(items.count(SOON).await.unwrap(), 3);
        assert_eq!(items.first().text(SOON).await.unwrap(), "red 1");
        assert_eq!(items.last().text(SOON).await.unwrap(), "blue 3");
        assert_eq!(items.nth(1).text(SOON).await.unwrap(), "green 2");
        assert_eq!(items.nth(-2).text(SOON).await.unwrap(), "green 2");
        assert_eq!(items.nth(7).count(SOON).await.unwrap(), 0);
        assert_eq!(items.filter_text(TextMatch::contains("BLUE")).locate(Selector::css("i")).text(SOON).await.unwrap(), "3");
        assert_eq!(items.filter_has(&stage.css("b")).unwrap().text(SOON).await.unwrap(), "green 2");
        assert_eq!(items.filter_has(&stage.css("i")).unwrap().count(SOON).await.unwrap(), 2);
        let either = stage.css("#nothing").or(&stage.css("#aws")).unwrap();
        assert_eq!(either.text(SOON).await.unwrap(), "Go on");
        let both = stage.css("#list li").first().or(&stage.css("h1")).unwrap();
        assert_eq!(both.first().attribute("id", SOON).await.unwrap(), None);
        assert_eq!(both.count(SOON).await.unwrap(), 2);
        assert_eq!(stage.css("my-card").locate(Selector::css(".deepest")).text(SOON).await.unwrap(), "Deepest text");
        let elsewhere = stage.page.frame(Selector::css("iframe")).locator(Selector::css("b"));
        assert!(matches!(items.filter_has(&elsewhere), Err(Error::Invalid(_))));
    }

    several_matches_are_an_error_that_lists_ten: |stage| {
        stage.open("many.html").await;
        let error = stage.css("button").click(Default::default(), SOON).await.unwrap_err();
        let Error::NotUnique(many) = &error else { panic!("{error}") };
        assert_eq!((many.count, many.candidates.len()), (15, 10));
        let locators: Vec<&str> = many.candidates.iter().map(|candidate| candidate.locator.as_str()).collect();
        assert_eq!(locators[..3], ["css(\"#first\")", "test_id(\"second\")", "role(Button, \"Edit it all\")"]);
        assert_eq!(locators[3], "role(Button, \"Edit\").nth(2)");
        assert_eq!(locators[7], "css(\"html > body > button:nth-of-type(8)\")");
        assert!(error.to_string().contains("<button id=first>Edit"), "{error}");
        let eighth = stage.css("html > body > button:nth-of-type(8)");
        assert_eq!(eighth.count(SOON).await.unwrap(), 1);
    }

    the_names_of_a_forms_fields_are_in_nobodys_way: |stage| {
        stage.settle("clobbered.html").await;
        for (selector, id) in [
            (Selector::Text(TextMatch::exact("Save")), "words"),
            (Selector::Label(TextMatch::exact("Payment")), "form"),
            (Selector::Label(TextMatch::exact("Children")), "kids"),
        ] {
            let found = stage.page.locator(selector).attribute("id", SOON).await.unwrap();
            assert_eq!(found.as_deref(), Some(id));
        }
        let error = stage.button("Edit").text(SOON).await.unwrap_err();
        let Error::NotUnique(many) = &error else { panic!("{error}") };
        assert_eq!(many.candidates[1].locator, "role(Button, \"Edit\").nth(1)");
        let error = stage.button("Edited").text(BRIEF).await.unwrap_err();
        assert!(matches!(&error, Error::PageChanged(change) if !change.nearest.is_empty()), "{error}");
    }

    a_selector_that_is_not_one_is_refused: |stage| {
        stage.open("finding.html").await;
        for selector in [Selector::css("div["), Selector::css(""), Selector::Text(TextMatch::regex("("))] {
            let result = stage.page.locator(selector).click(Default::default(), SOON).await;
            assert!(matches!(result, Err(Error::Invalid(_))), "{result:?}");
        }
    }
}
