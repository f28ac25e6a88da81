// The service's explanation of an answer: each rule, and the facts that decided it.
import { element, folded } from "./demo_page.js";

const VERDICTS = new Map([
  ["shown", "On a card"],
  ["not_checked", "Could not be checked"],
  ["silent", "Looked, and had nothing to say"],
  ["withheld", "Withheld, because another finding makes it pointless"],
  ["replaced", "Replaced by another finding"],
  ["alone", "Shown only beside another finding"],
  ["not_on_this_hook", "Not shown at this moment"],
  ["not_this_phase", "Does not apply in this phase"],
]);

/** The rules behind one card. */
export function cardWhy(rules, wanted) {
  const found = rules.filter((each) => wanted.has(each.rule));
  if (!found.length) return [element("p", {}, "The explanation names no rule of this card.")];
  return found.map((each) => element("section", { "aria-label": each.title }, heading(each), ...reasons(each)));
}

/** All rules that are on no card, by what became of them. */
export function silences(rules) {
  const byVerdict = new Map([...VERDICTS.keys()].map((verdict) => [verdict, []]));
  for (const each of rules) {
    if (each.verdict === "shown") continue;
    if (!byVerdict.has(each.verdict)) byVerdict.set(each.verdict, []);
    byVerdict.get(each.verdict).push(each);
  }
  return [...byVerdict]
    .filter(([, found]) => found.length)
    .flatMap(([verdict, found]) => [
      element("h3", {}, `${VERDICTS.get(verdict) ?? verdict} (${found.length})`),
      ...found.map((each) => folded(titled(each), ...reasons(each))),
    ]);
}

function titled(rule) {
  const said = rule.silent ?? rule.notChecked ?? "";
  return element("span", {}, rule.title, said && element("span", { class: "hint" }, ` · ${said}`));
}

function heading(rule) {
  return element("p", {}, element("strong", {}, rule.title), ` (${rule.rule} ${rule.version})`);
}

function reasons(rule) {
  const lines = [];
  const finding = rule.finding ? `${rule.finding}, ${rule.indicator}` : "";
  if (rule.why?.length) lines.push(`Could not be checked: ${rule.why.join("; ")}`);
  if (rule.applies) lines.push(`It applies when the phase is ${rule.applies.join(", ")}.`);
  if (finding) lines.push(rule.becauseOf ? `${finding}; because of ${rule.becauseOf}` : finding);
  if (rule.remembered) lines.push(`Not shown again: ${rule.remembered}`);
  const made = lines.map((each) => element("p", {}, each));
  if (rule.decidedBy?.length) made.push(element("ul", { class: "facts" }, ...rule.decidedBy.map(fact)));
  if (rule.wouldTake?.length) {
    const rows = rule.wouldTake.map(way);
    made.push(folded(`What would have to be different (${rows.length})`, element("ul", { class: "facts" }, ...rows)));
  }
  const others = (rule.otherCases ?? []).filter((each) => each.unmet.length);
  if (others.length) {
    const rows = others.map((each) => element("li", {}, `${each.case}: ${each.unmet.join("; ")}`));
    made.push(folded(`What else it could have said (${rows.length})`, element("ul", { class: "facts" }, ...rows)));
  }
  const settings = Object.entries(rule.parameters ?? {});
  if (settings.length) {
    const rows = settings.map(([name, each]) => element("li", {}, `${name}: ${each.value} (from ${each.from})`));
    made.push(folded(`Settings in force (${rows.length})`, element("ul", { class: "facts" }, ...rows)));
  }
  return made;
}

/** Another case that is near, and each fact that keeps it from holding. */
function way(near) {
  return element("li", {}, `For ${ending(near)}:`, element("ul", { class: "facts" }, ...near.needs.map(need)));
}

function ending(near) {
  if (near.finding) return `${near.finding}, ${near.indicator}`;
  return near.silent ? `silence: ${near.silent}` : `“not checked: ${near.notChecked}”`;
}

function need(open) {
  const now = open.now ? `${open.is}: ${open.now}` : open.is;
  const why = open.why?.length ? [element("div", { class: "evidence" }, open.why.join("; "))] : [];
  const resolve = (open.resolve ?? []).map((each) => element("div", { class: "evidence" }, `To know it takes ${each}.`));
  const wanted = element("strong", {}, open.needs.join(" or "));
  return element("li", {}, `${open.ask || open.fact} `, wanted, `, now ${now}`, ...why, ...resolve);
}

function fact(asked) {
  const answer = [asked.state, asked.value, asked.on && `on ${asked.on}`].filter(Boolean).join(", ");
  const seen = [
    ...(asked.evidence ?? []).map((each) => `${each.resource}${each.on ? ` of ${each.on}` : ""}: ${each.says}`),
    ...(asked.why ?? []),
    ...(asked.looked ?? []),
    ...(asked.leftOut ?? []).map((each) => `left out: ${each}`),
  ];
  const below = asked.from ?? [];
  return element(
    "li",
    {},
    `${asked.ask || asked.fact} `,
    element("strong", {}, answer),
    ...seen.map((each) => element("div", { class: "evidence" }, each)),
    below.length ? folded(`What that rests on (${below.length})`, element("ul", { class: "facts" }, ...below.map(fact))) : null,
  );
}
