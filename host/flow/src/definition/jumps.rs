//! Where steps lead. Jumps go forward only: this is what makes every run end.

use std::collections::BTreeMap;

use super::Target;
use super::problem::Gathering;
use super::read::{At, RoughStep};
use super::suggest::instead;

/// Where one step leads: when done, and by branch word.
pub(crate) type Jumps = (Target, BTreeMap<String, Target>);

/// Looks up every target. A target that is none is noted, and taken as the end.
pub(crate) fn check(steps: &[RoughStep], problems: &mut Gathering) -> Vec<Jumps> {
    let jumps: Vec<Jumps> = steps
        .iter()
        .enumerate()
        .map(|(index, step)| {
            let following =
                if index + 1 < steps.len() { Target::Step(index + 1) } else { Target::End };
            let next = match &step.next {
                Some(word) => target(word, index, steps, problems),
                None => following,
            };
            let on = step
                .on
                .iter()
                .map(|(word, to)| (word.value.clone(), target(to, index, steps, problems)))
                .collect();
            (next, on)
        })
        .collect();
    if problems.is_empty() {
        check_reached(steps, &jumps, problems);
    }
    jumps
}

fn target(word: &At<String>, from: usize, steps: &[RoughStep], problems: &mut Gathering) -> Target {
    if word.value == "end" {
        return Target::End;
    }
    let Some(to) = steps.iter().position(|step| step.id.value == word.value) else {
        let later = steps.iter().skip(from + 1).map(|step| step.id.value.as_str());
        problems.add(
            word.span.clone(),
            format!("this flow has no step `{}`", word.value),
            "unknown step",
            instead(&word.value, later.chain(["end"])),
        );
        return Target::End;
    };
    if to > from {
        return Target::Step(to);
    }
    let round: Vec<&str> = path(steps, to, from).unwrap_or_else(|| vec![&steps[from].id.value]);
    let round = round.join(" -> ");
    let message = if to == from {
        format!("step `{}` leads to itself", word.value)
    } else {
        format!("this is a cycle: {round} -> {}", word.value)
    };
    problems.add(
        word.span.clone(),
        message,
        "leads back",
        "steps may only lead to later ones; failures that may pass are tried again by `retry`",
    );
    Target::End
}

/// How a run gets from one step to a later one, following the text as it stands.
fn path(steps: &[RoughStep], from: usize, to: usize) -> Option<Vec<&str>> {
    let mut came_from: Vec<Option<usize>> = vec![None; steps.len()];
    for index in from..to {
        if index != from && came_from[index].is_none() {
            continue;
        }
        let step = &steps[index];
        let named = step.on.iter().map(|(_, to)| to).chain(&step.next);
        let mut targets: Vec<usize> = named
            .filter_map(|word| steps.iter().position(|other| other.id.value == word.value))
            .collect();
        if step.next.is_none() {
            targets.push(index + 1);
        }
        for target in targets.into_iter().filter(|target| *target > index) {
            came_from[target].get_or_insert(index);
        }
    }
    let mut way = vec![to];
    let mut at = to;
    while at != from {
        at = came_from[at]?;
        way.push(at);
    }
    Some(way.into_iter().rev().map(|index| steps[index].id.value.as_str()).collect())
}

/// A step that nothing leads to is a mistake somewhere before it.
fn check_reached(steps: &[RoughStep], jumps: &[Jumps], problems: &mut Gathering) {
    let mut reached = vec![false; steps.len()];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for index in 0..steps.len() {
        if !reached[index] {
            problems.add(
                steps[index].id.span.clone(),
                format!("nothing leads to step `{}`", steps[index].id.value),
                "never reached",
                "name it in an earlier step's `next` or `on`, or remove it",
            );
            continue;
        }
        let (next, on) = &jumps[index];
        for target in on.values().chain([next]) {
            if let Target::Step(to) = target {
                reached[*to] = true;
            }
        }
    }
}
