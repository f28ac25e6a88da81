// The EHR: one patient, one order, and the cards of the last question asked.
import { Service, reference } from "./demo_client.js";
import { Chart, chartView, described } from "./demo_chart.js";
import { cardView, counted, sorted } from "./demo_cards.js";
import { cardWhy, silences } from "./demo_why.js";
import { element, folded } from "./demo_page.js";

const CARD = "isotretinoin-cds.card";
const setup = JSON.parse(document.getElementById("setup").textContent);
const at = (id) => document.getElementById(id);
// Served from elsewhere, the page is told by ?service= where the service is; the policy keeps it on this computer.
const told = new URLSearchParams(location.search).get("service") ?? ".";
const root = new URL(`${told.replace(/\/+$/, "")}/`, location.href).href;
const services = new Map(setup.profiles.map((each) => [each.name, new Service(new URL(each.path, root).href)]));

const state = {
  service: services.get(setup.profiles[0].name),
  patient: null,
  chart: new Chart(),
  order: null,
  hook: "patient-view",
  drafts: [],
  overridden: new Map(),
  asked: 0,
  explained: null,
};

// ---------------------------------------------------------------- what is asked

function context() {
  const made = { userId: state.patient.user, patientId: state.patient.id };
  if (state.order === null || state.hook === "patient-view") return made;
  const drafts = [state.order, ...state.drafts.map((each) => each.resource)];
  made.draftOrders = { resourceType: "Bundle", type: "collection", entry: drafts.map((resource) => ({ resource })) };
  if (state.hook === "order-select") made.selections = [reference(state.order)];
  return made;
}

/** Ask the services of the hook. Whatever comes after another question was asked is dropped. */
async function ask() {
  const number = ++state.asked;
  const { service, hook, chart, patient } = state;
  const started = performance.now();
  at("cards").setAttribute("aria-busy", "true");
  try {
    const about = context();
    const more = await chart.load(await service.all(), about, setup.fhir);
    if (more && chart === state.chart) showChart();
    const calls = (await service.of(hook)).map(async (each) => {
      const body = { hook, hookInstance: crypto.randomUUID(), context: about, prefetch: chart.prefetch(each) };
      // What was taken away is still on the FHIR server, where the service must not find it.
      if (chart.whole) body.fhirServer = setup.fhir;
      const answer = await service.call(each.id, body);
      return { id: each.id, instance: body.hookInstance, cards: answer.cards ?? [] };
    });
    const answers = await Promise.all(calls);
    if (number !== state.asked) return;
    show(answers, `${hook} for ${patient.id}`, performance.now() - started);
  } catch (error) {
    if (number !== state.asked) return;
    at("cards").replaceChildren();
    at("silences").replaceChildren();
    tell(`The service gives no answer (${error.message}).`);
  }
  at("cards").dataset.answer = String(number);
  at("cards").setAttribute("aria-busy", "false");
}

// ---------------------------------------------------------------- what is shown

function tell(text) {
  at("status").textContent = text;
}

function show(answers, about, took) {
  const asked = state.asked;
  const cards = sorted(answers.flatMap((each) => each.cards.map((card) => ({ ...card, service: each.id, from: each }))));
  state.explained = Promise.all(answers.map((each) => state.service.why(each.instance).catch(() => null)));
  const held = at("cards").contains(document.activeElement);
  at("cards").replaceChildren(...cards.map((card, number) => cardView(card, number, desk)));
  if (held) at("cards-title").focus();
  tell(`${about}: ${counted(cards)}, in ${Math.round(took)} ms.`);
  state.explained.then((found) => asked === state.asked && showSilences(found.filter(Boolean)));
}

function showSilences(found) {
  if (!found.length) {
    at("silences").replaceChildren(element("p", {}, "This service explains nothing: it is no demonstration."));
    return;
  }
  const rules = found.flatMap((each) => each.explanation.rules ?? []);
  const silent = rules.filter((each) => each.verdict !== "shown");
  const words = found.filter((each) => !each.explanation.rules).map((each) => element("p", {}, each.words));
  const open = at("silences").querySelector("details")?.open ?? false;
  const panel = folded(`Why no other card: ${silent.length} rules are silent`, ...silences(rules));
  panel.open = open;
  at("silences").replaceChildren(...words, ...(silent.length ? [panel] : []));
}

function showChart() {
  const held = document.activeElement?.dataset?.name;
  at("groups").replaceChildren(...chartView(state.chart, ask));
  if (held) at("groups").querySelector(`[data-name="${CSS.escape(held)}"]`)?.focus();
}

function showOrders() {
  const rows = state.drafts.map((draft) => {
    const remove = element("button", { type: "button", onclick: () => withdraw(draft) }, "Remove");
    remove.setAttribute("aria-label", `Remove ${described(draft.resource)}`);
    return element("li", {}, described(draft.resource), " ", remove);
  });
  if (state.order) rows.unshift(element("li", {}, described(state.order)));
  at("orders").replaceChildren(...(rows.length ? rows : [element("li", { class: "hint" }, "none")]));
  at("sign").setAttribute("aria-disabled", String(state.order === null));
  at("sign").classList.toggle("primary", state.order !== null);
  for (const box of at("choices").querySelectorAll("input")) box.checked = box.value === (state.order?.id ?? "");
}

// ---------------------------------------------------------------- what the prescriber does

const desk = {
  accepted: (label) => state.drafts.some((each) => each.label === label),
  overridden: (card) => state.overridden.get(topic(card)) ?? null,

  async accept(card, suggestion) {
    for (const action of suggestion.actions ?? []) apply(action, suggestion.label);
    showOrders();
    const sent = report(card, { outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }] });
    await ask();
    tell(`Accepted: ${suggestion.label}. ${await sent}`);
  },

  async override(card, reason) {
    state.overridden.set(topic(card), reason?.display ?? "");
    const given = reason && { overrideReason: { reason: { code: reason.code, system: reason.system } } };
    const sent = report(card, { outcome: "overridden", ...given });
    const shown = [...at("cards").children];
    const place = shown.findIndex((each) => each.contains(document.activeElement));
    if (place >= 0) {
      const folded = cardView(card, place, desk);
      shown[place].replaceWith(folded);
      folded.querySelector("summary").focus();
    }
    tell(`Overridden: ${card.summary} ${await sent}`);
  },

  async why(card) {
    const found = (await state.explained).find((each) => each?.service === card.service);
    const wanted = new Set((card.extension?.[CARD]?.findings ?? []).map((each) => each.rule));
    return cardWhy(found?.explanation.rules ?? [], wanted);
  },
};

/** An override is remembered for the card's topic, and for this patient. */
function topic(card) {
  return card.source?.topic?.code ?? card.summary;
}

async function report(card, item) {
  try {
    const taken = await state.service.feedback(card.service, { card: card.uuid, ...item });
    return taken ? "The service has taken the feedback." : "This service takes no feedback.";
  } catch (error) {
    return `The feedback did not arrive (${error.message}).`;
  }
}

function apply(action, label) {
  if (action.type === "delete") {
    if (state.order && action.resourceId === reference(state.order)) setOrder(null);
    state.drafts = state.drafts.filter((each) => reference(each.resource) !== action.resourceId);
  } else if (action.resource) {
    const id = action.resource.id ?? `accepted-${state.drafts.length + 1}`;
    state.drafts = [...state.drafts, { label, resource: { ...action.resource, id } }];
  }
}

function withdraw(draft) {
  state.drafts = state.drafts.filter((each) => each !== draft);
  showOrders();
  at("orders-title").focus();
  ask();
}

function setOrder(order) {
  state.hook = order === null ? "patient-view" : "order-select";
  state.order = order && {
    ...order,
    subject: { reference: `Patient/${state.patient.id}` },
    requester: { reference: state.patient.user },
  };
}

function choose(order) {
  setOrder(order);
  showOrders();
  ask();
}

function open(patient) {
  Object.assign(state, { patient, chart: new Chart(), drafts: [], overridden: new Map() });
  at("says").textContent = patient.says;
  at("groups").replaceChildren();
  choose(null);
}

// ---------------------------------------------------------------- the controls

function start() {
  at("profile").append(...setup.profiles.map((each) => element("option", { value: each.name }, `${each.says} (${each.name})`)));
  at("profile").addEventListener("change", () => {
    state.service = services.get(at("profile").value);
    state.overridden = new Map();
    at("last").href = `${state.service.base}demo/last`;
    ask();
  });
  at("patient").append(...setup.patients.map((each) => element("option", { value: each.id }, each.says.split(".")[0])));
  at("patient").value = setup.default;
  at("patient").addEventListener("change", () => open(setup.patients.find((each) => each.id === at("patient").value)));
  const choices = [null, ...setup.orders].map((order) => {
    const box = element("input", { type: "radio", name: "order", value: order?.id ?? "", onchange: () => choose(order) });
    const dose = order?.dosageInstruction?.[0]?.text;
    const text = order ? [described({ ...order, status: undefined, authoredOn: undefined }), dose] : ["Nothing"];
    return element("label", {}, box, element("span", {}, text.filter(Boolean).join(", ")));
  });
  at("choices").append(...choices);
  at("sign").addEventListener("click", () => {
    if (state.order === null) return;
    state.hook = "order-sign";
    ask();
  });
  at("orders-title").tabIndex = -1;
  at("last").href = `${state.service.base}demo/last`;
  open(setup.patients.find((each) => each.id === setup.default) ?? setup.patients[0]);
}

start();
