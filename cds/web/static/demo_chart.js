// The chart as the EHR has it: what the prefetch templates found, group by group, each with a box to take it away.
import { element } from "./demo_page.js";
import { read, reference, resolved, resources } from "./demo_client.js";

/** What one patient's chart holds for the templates of the services. */
export class Chart {
  constructor() {
    this.groups = new Map();
    this.takenAway = new Set();
    this.notSent = new Set();
  }

  /** Read what every service asks for, each query once. True when there was anything to read. */
  async load(services, context, fhir) {
    const wanted = new Map(services.flatMap((each) => Object.entries(each.prefetch ?? {})));
    const missing = [...wanted].filter(([key, template]) => this.groups.get(key)?.template !== template);
    const reading = missing.map(async ([key, template]) => {
      const query = resolved(template, context);
      return [key, { template, asked: query !== null, found: query === null ? null : await read(fhir, query) }];
    });
    for (const [key, group] of await Promise.all(reading)) this.groups.set(key, group);
    return missing.length > 0;
  }

  /** The prefetch of one service, without what was taken away; what could not be read is left out. */
  prefetch(service) {
    const made = {};
    for (const key of Object.keys(service.prefetch ?? {})) {
      const found = this.groups.get(key)?.found ?? null;
      if (found === null || this.notSent.has(key)) continue;
      if (found.resourceType === "Bundle") made[key] = this.#without(found);
      else if (!this.takenAway.has(reference(found))) made[key] = found;
    }
    return made;
  }

  /** Whether all that the FHIR server has is sent. */
  get whole() {
    return this.takenAway.size === 0 && this.notSent.size === 0;
  }

  #without(bundle) {
    const kept = (bundle.entry ?? []).filter((each) => !each.resource || !this.takenAway.has(reference(each.resource)));
    const made = { ...bundle, entry: kept };
    if ("total" in bundle) made.total = bundle.total - ((bundle.entry ?? []).length - kept.length);
    return made;
  }
}

/** The chart as fieldsets; every change of a box is told. A resource stands in the first group that has it. */
export function chartView(chart, changed) {
  const seen = new Set();
  return [...chart.groups]
    .filter(([, group]) => group.asked)
    .map(([key, group]) => {
      const items = resources(group.found).filter((each) => !seen.has(reference(each)));
      items.forEach((each) => seen.add(reference(each)));
      const all = tick(key, chart.notSent, key, changed);
      all.querySelector("input").setAttribute("aria-label", `send the group ${key}`);
      const rows = items.map((each) => tick(described(each), chart.takenAway, reference(each), changed));
      const empty = group.found === null ? "The FHIR server does not answer this." : "Nothing on record.";
      const rest = items.length ? rows : [element("p", { class: "hint" }, empty)];
      return element("fieldset", {}, element("legend", {}, all), ...rest);
    });
}

function tick(text, off, name, changed) {
  const words = element("span", { class: off.has(name) ? "off" : "" }, text);
  const box = element("input", {
    type: "checkbox",
    "data-name": name,
    onchange: () => {
      if (box.checked) off.delete(name);
      else off.add(name);
      words.classList.toggle("off", !box.checked);
      changed();
    },
  });
  box.checked = !off.has(name);
  return element("label", {}, box, words);
}

const DATES = ["effectiveDateTime", "authoredOn", "performedDateTime", "onsetDateTime", "recordedDate", "start", "birthDate"];

/** A resource in one line: what, how much, when, in which state. */
export function described(resource) {
  const what =
    said(resource.code) || said(resource.medicationCodeableConcept) || said(resource.specialty) || named(resource.name);
  const value = resource.valueQuantity
    ? `${resource.valueQuantity.comparator ?? ""}${resource.valueQuantity.value} ${resource.valueQuantity.unit ?? ""}`
    : said(resource.valueCodeableConcept) || resource.valueString || resource.gender || "";
  const when = DATES.map((name) => resource[name]).find(Boolean) ?? resource.performedPeriod?.start ?? "";
  const state = resource.status ?? said(resource.clinicalStatus);
  return [what || resource.resourceType, value, when.slice(0, 10), state].filter(Boolean).join(" · ");
}

function said(concept) {
  const first = Array.isArray(concept) ? concept[0] : concept;
  if (!first) return "";
  const coding = first.coding?.[0];
  return first.text ?? coding?.display ?? coding?.code ?? "";
}

function named(names) {
  const first = Array.isArray(names) ? names[0] : null;
  return first ? (first.text ?? [...(first.given ?? []), first.family].filter(Boolean).join(" ")) : "";
}
