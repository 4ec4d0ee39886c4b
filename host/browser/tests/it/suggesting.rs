//! The locators that an error suggests are those that its reader would write, and outlive a reload.

use mavm_browser::Error;

use crate::on_both;
use crate::stage::SOON;

on_both! {
    each_element_is_found_by_the_locator_that_its_page_says: |stage| {
        stage.open("suggesting.html").await;
        let said = stage.css("[data-way]");
        let error = said.text(SOON).await.unwrap_err();
        let Error::NotUnique(many) = &error else { panic!("{error}") };
        assert_eq!(many.candidates.len(), many.count);
        for (place, candidate) in many.candidates.iter().enumerate() {
            let way = said.nth(i32::try_from(place).unwrap()).attribute("data-way", SOON).await.unwrap();
            assert_eq!(Some(&candidate.locator), way.as_ref(), "{}", candidate.what);
            assert!(!candidate.what.contains("typed"), "{}", candidate.what);
        }
    }
}
