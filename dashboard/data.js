// Fetches the numbers: the manifest names the set that is whole; what only one view shows is fetched when it is shown.

export class NoNumbers extends Error {}

export async function load(sample) {
  const root = sample ? "sample/" : "";
  const answer = await fetch(`${root}manifest.json`, { cache: "no-cache" });
  if (answer.status === 404 || answer.status === 403) throw new NoNumbers();
  if (!answer.ok) throw new Error(`manifest ${answer.status}`);
  const manifest = await answer.json();
  return { root, manifest, overview: await part(root, manifest, "overview") };
}

/** Adds the customers to what was loaded, once; null where they were not counted yet. */
export async function loadCustomers(numbers) {
  if (numbers.customers === undefined) numbers.customers = numbers.manifest.files.customers ? await part(numbers.root, numbers.manifest, "customers") : null;
}

async function part(root, manifest, name) {
  const file = await fetch(`${root}${manifest.files[name]}`);
  if (!file.ok) throw new Error(`${name} ${file.status}`);
  return file.json();
}
