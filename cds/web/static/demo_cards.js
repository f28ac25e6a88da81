// Cards as an EHR shows them: gravest first, colour and word by indicator.
import { element, folded, link } from "./demo_page.js";
import { markdown } from "./demo_markdown.js";

const ORDER = ["critical", "warning", "info"];

/** Cards in the order in which they are shown. */
export function sorted(cards) {
  const rank = (each) => (ORDER.includes(each.indicator) ? ORDER.indexOf(each.indicator) : ORDER.length);
  return [...cards].sort((one, other) => rank(one) - rank(other));
}

/** How many cards of which indicator, in words. */
export function counted(cards) {
  const parts = ORDER.map((name) => [name, cards.filter((each) => each.indicator === name).length]);
  const named = parts.filter(([, count]) => count).map(([name, count]) => `${count} ${name}`);
  const total = cards.length === 0 ? "no card" : cards.length === 1 ? "1 card" : `${cards.length} cards`;
  return named.length ? `${total}: ${named.join(", ")}` : total;
}

/**
 * One card.
 *
 * desk: accepted(label) tells whether a suggestion was taken, accept(card, suggestion), override(card, reason),
 * overridden(card) gives what was chosen before, why(card) gives nodes.
 */
export function cardView(card, number, desk) {
  const title = `card-${number}`;
  const parts = [
    element("h3", { id: title }, element("span", { class: "badge" }, card.indicator), " ", card.summary),
  ];
  const before = desk.overridden(card);
  const body = [
    element("div", {}, markdown(card.detail ?? "")),
    suggestions(card, desk),
    links(card),
    source(card),
    before === null ? overrides(card, number, desk) : null,
    why(card, desk),
  ].filter(Boolean);
  if (before === null) parts.push(...body);
  else parts.push(folded(`Overridden${before ? `: ${before}` : ""}. Show it again`, ...body));
  const kind = ORDER.includes(card.indicator) ? ` ${card.indicator}` : "";
  return element("article", { class: `card${kind}`, "aria-labelledby": title }, ...parts);
}

function suggestions(card, desk) {
  const offered = card.suggestions ?? [];
  if (!offered.length) return null;
  const buttons = offered.map((each) => {
    const taken = desk.accepted(each.label);
    const does = (each.actions ?? []).map((action) => action.description).join(" ");
    const button = element(
      "button",
      { type: "button", title: does, "aria-disabled": String(taken), onclick: () => taken || desk.accept(card, each) },
      taken ? `Accepted: ${each.label}` : each.label,
    );
    return element("li", {}, button);
  });
  return element("ul", { class: "suggestions", "aria-label": "Suggestions" }, ...buttons);
}

function links(card) {
  const found = card.links ?? [];
  if (!found.length) return null;
  const rows = found.map((each) => element("li", {}, link(each.url, each.label)));
  return element("ul", { class: "links", "aria-label": "Links" }, ...rows);
}

function source(card) {
  if (!card.source) return null;
  const label = card.source.url ? link(card.source.url, card.source.label) : card.source.label;
  const topic = card.source.topic?.display;
  return element("p", { class: "source" }, "Source: ", label, topic ? ` · ${topic}` : "");
}

function overrides(card, number, desk) {
  const reasons = card.overrideReasons ?? [];
  if (!card.uuid) return null;
  const name = `reason-${number}`;
  const options = reasons.map((each, at) => element("option", { value: String(at) }, each.display));
  const select = element("select", { id: name }, ...options);
  const button = element(
    "button",
    { type: "button", onclick: () => desk.override(card, reasons[Number(select.value)] ?? null) },
    "Override",
  );
  if (!reasons.length) return element("div", { class: "override" }, button);
  return element("div", { class: "override" }, element("label", { for: name }, "Reason to override"), select, button);
}

function why(card, desk) {
  const inside = element("div", { class: "why" });
  const made = folded("Why this card", inside);
  made.addEventListener("toggle", async () => {
    if (made.open && !inside.hasChildNodes()) inside.replaceChildren(...(await desk.why(card)));
  });
  return made;
}
