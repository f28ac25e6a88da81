// A CDS Hooks client: what an EHR says to a service, and to its own FHIR server.

const TOKEN = /\{\{\s*(.+?)\s*\}\}/g;

/** The service under one base address, by its public interface. */
export class Service {
  constructor(base) {
    this.base = base;
    this.listed = null;
  }

  /** The services of a hook, from discovery, which is read once. */
  async of(hook) {
    const listed = await this.all();
    return listed.filter((each) => each.hook === hook);
  }

  async all() {
    this.listed ??= answered(fetch(`${this.base}cds-services`)).then((found) => found.services);
    try {
      return await this.listed;
    } catch (error) {
      this.listed = null;
      throw error;
    }
  }

  call(id, body) {
    return answered(this.#post(`cds-services/${encodeURIComponent(id)}`, body));
  }

  /** True when the feedback was taken; false when this service takes none. */
  async feedback(id, item) {
    const body = { feedback: [{ ...item, outcomeTimestamp: new Date().toISOString() }] };
    const answer = await this.#post(`cds-services/${encodeURIComponent(id)}/feedback`, body);
    if (answer.status === 404 || answer.status === 405) return false;
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return true;
  }

  /** Not CDS Hooks, and of the demonstration only: why the answer to one call is as it is. */
  why(instance) {
    return answered(fetch(`${this.base}demo/why?instance=${encodeURIComponent(instance)}`));
  }

  #post(path, body) {
    const headers = { "Content-Type": "application/json" };
    return fetch(`${this.base}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  }
}

async function answered(asked) {
  const answer = await asked;
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

/** A prefetch template filled in; null when a token of it has no value in this context. */
export function resolved(template, context) {
  const [kind, id] = context.userId.split("/");
  const values = { [`user${kind}Id`]: id, "today()": new Date().toISOString().slice(0, 10) };
  for (const [name, value] of Object.entries(context)) {
    if (typeof value === "string") values[`context.${name}`] = value;
  }
  const open = [...template.matchAll(TOKEN)].some((found) => !(found[1] in values));
  return open ? null : template.replace(TOKEN, (_, token) => values[token]);
}

/** What a FHIR server has for a query; null when it cannot be had. */
export async function read(fhir, query) {
  try {
    return await answered(fetch(`${fhir}/${query}`));
  } catch {
    return null;
  }
}

/** The resources of a search result, or the one that was read. */
export function resources(found) {
  if (found === null) return [];
  if (found.resourceType !== "Bundle") return [found];
  return (found.entry ?? []).map((each) => each.resource).filter(Boolean);
}

/** "Type/id" of a resource. */
export function reference(resource) {
  return `${resource.resourceType}/${resource.id}`;
}
