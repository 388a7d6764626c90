//! The recipe for tests in the shell, run as it stands.

use support::{Client, Recipe};

#[test]
fn the_recipe_for_a_bastion_passes() {
    let finished = Client::run(Recipe::new("sh", &[], "shell/bastion.sh").command());
    assert!(finished.succeeded().contains("16.3"), "{finished}");
}

#[test]
fn the_recipe_for_a_host_that_is_not_up_yet_passes() {
    let finished = Client::run(Recipe::new("sh", &[], "shell/backoff.sh").command());
    assert!(finished.succeeded().contains("REMOTE_OK:uptime"), "{finished}");
}

#[test]
fn the_recipe_passes_and_reports_to_junit() {
    let mut recipe = Recipe::new("sh", &[], "shell/test.sh");
    let junit = recipe.path("junit.xml");
    let finished = Client::run(recipe.command().env("JUNIT", &junit));
    let _printed = finished.succeeded();
    let report = std::fs::read_to_string(junit).unwrap();
    assert!(report.contains("<testsuite") && !report.contains("<failure"), "{report}");
}
