//! What is looked for inside of an element.

use mavm_browser::{Error, Selector, TextMatch};

use crate::on_both;
use crate::stage::{SOON, Stage};

async fn ids(stage: &Stage, scope: &str, selector: Selector) -> String {
    let found = stage.css(scope).locate(selector);
    let mut ids = Vec::new();
    for place in 0..found.count(SOON).await.unwrap() {
        let one = found.nth(i32::try_from(place).unwrap());
        ids.push(one.attribute("id", SOON).await.unwrap().unwrap_or_default());
    }
    ids.join(" ")
}

on_both! {
    css_is_relative_to_the_element: |stage| {
        stage.open("scoped.html").await;
        for (scope, css, found) in [
            ("#one", "> span", "direct"),
            ("#one", "> span, i > span", "direct deep"),
            ("#one", ":scope > span", "direct"),
            ("#one", "section > span", ""),
            ("#one", "* > *", "deep"),
            (".fruit", ":scope.chosen", "apple"),
            (".fruit", ":scope:not(.chosen) b", "ripe"),
            ("#one", ":scope ~ p", "three"),
            ("#one", "+ div", "two"),
            ("#one", "~ p > span, > span", "direct later"),
            ("#one", "*:not(:scope > *)", "deep"),
            ("body", "#\\33 1\\ a", "31 a"),
            ("body", "[id='31 a'], [id=\"a,b > c\"]", "31 a"),
            ("#host", "> div > span", "inner"),
            ("#host", "my-nested > b", "innermost"),
            ("#host", "> span", "light"),
            ("#host", ":scope > my-nested :is(b, i)", "innermost"),
            ("#host", "my-shadow b, body span", ""),
            ("#host", ":host > div", "outer"),
        ] {
            // Elements without an id are in nobody's list.
            let all = ids(&stage, scope, Selector::css(css)).await;
            assert_eq!(all.trim(), found, "{scope} {css}");
        }
        for css in ["> ", "b >", "a,", "b["] {
            let error = stage.css("#one").locate(Selector::css(css)).count(SOON).await.unwrap_err();
            assert!(matches!(error, Error::Invalid(_)), "{css}: {error}");
        }
    }

    the_element_itself_may_be_what_shows_a_text: |stage| {
        stage.open("scoped.html").await;
        let text = |text: &str| Selector::Text(TextMatch::exact(text));
        assert_eq!(ids(&stage, ".fruit", text("Apple")).await, "apple");
        assert_eq!(ids(&stage, ".fruit", text("ripe")).await, "ripe");
        assert_eq!(ids(&stage, ".fruit", text("Banana")).await, "");
        let apple = stage.page.locator(text("Apple"));
        assert_eq!(stage.css("li").filter_has(&apple).unwrap().count(SOON).await.unwrap(), 1);
    }

    a_filter_looks_through_nested_shadow_roots: |stage| {
        stage.open("scoped.html").await;
        let deepest = stage.css("my-nested").locate(Selector::css("b")).first();
        let either = stage.css("#nothing").or(&deepest).unwrap();
        for has in [&stage.css("#innermost"), &deepest, &either] {
            let hosts = stage.css("section, my-shadow").filter_has(has).unwrap();
            assert_eq!(hosts.attribute("id", SOON).await.unwrap().as_deref(), Some("host"), "{has}");
        }
    }
}
