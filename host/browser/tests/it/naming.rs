//! Roles and accessible names are those that assistive technology would give.

use mavm_browser::{Error, Selector};

use crate::on_both;
use crate::stage::SOON;

on_both! {
    each_element_has_the_role_and_name_that_its_page_says: |stage| {
        stage.open("names.html").await;
        let said = stage.css("[data-name]");
        let count = said.count(SOON).await.unwrap();
        assert!(count > 60, "{count}");
        let mut wrong = Vec::new();
        for place in 0..count {
            let element = said.nth(i32::try_from(place).unwrap());
            let mut its = Vec::new();
            for attribute in ["id", "data-role", "data-name"] {
                its.push(element.attribute(attribute, SOON).await.unwrap().unwrap());
            }
            let named = stage.page.locator(Selector::role_named(&its[1], &its[2]));
            // What is not found is told at once, all of it.
            if named.count(SOON).await.unwrap() != 1
                || named.attribute("id", SOON).await.unwrap().as_ref() != Some(&its[0])
            {
                wrong.push(format!("{its:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    what_a_reader_does_not_hear_has_no_role: |stage| {
        stage.open("names.html").await;
        for (role, name) in [
            ("button", "hidden 1"), ("button", "hidden 2"), ("button", "unslotted"), ("cell", "layout"),
            ("listitem", "no item"), ("banner", "Not a banner"), ("banner", "Deep banner"),
            ("treeitem", "Top Nested"), ("option", "hidden option"),
        ] {
            let locator = stage.page.locator(Selector::role_named(role, name));
            assert_eq!(locator.count(SOON).await.unwrap(), 0, "{locator}");
        }
    }

    what_is_typed_is_no_part_of_a_name: |stage| {
        stage.open("slotted.html").await;
        let noted = stage.page.locator(Selector::role_named("checkbox", "Note:"));
        assert_eq!(noted.attribute("id", SOON).await.unwrap().as_deref(), Some("noted"));
    }

    a_role_that_does_not_exist_is_refused: |stage| {
        stage.open("names.html").await;
        let result = stage.page.locator(Selector::role("buton")).count(SOON).await;
        assert!(matches!(&result, Err(Error::Invalid(why)) if why.contains("buton") && why.contains("no such role")), "{result:?}");
    }
}
