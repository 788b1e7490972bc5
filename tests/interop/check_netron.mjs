// Opens files with Netron's own parsers, without a browser: node check_netron.mjs FOLDER-OF-NETRON FILE...
// One line each: what Netron sees. Exit status 1 if it refuses a file or sees nothing in it. FOLDER: a copy of the Python package's
// files, with a package.json beside them that says {"type": "module"}.
import * as fs from 'fs';
import * as path from 'path';
import { pathToFileURL } from 'url';

const [folder, ...files] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(path.join(folder, name)).href);
globalThis.window = { document: { location: { pathname: '/' } } };
const base = await load('base.js');
const view = await load('view.js');

const host = {
    environment: () => null,
    event: () => {},
    exception: (error) => { throw error; },
    require: async (id) => load(`${id.replace(/^\.\//, '')}.js`),
    request: async (file) => fs.readFileSync(path.join(folder, file), 'utf-8'),
    get document() { return { createElement: () => ({}) }; }
};

// A file, as Netron asks for it.
const context = (file) => ({
    identifier: path.basename(file),
    stream: new base.BinaryStream(new Uint8Array(fs.readFileSync(file))),
    entries: new Map(),
    require: (id) => host.require(id),
    request: async (name, encoding) => {
        const own = path.join(folder, name); // Netron's tables of operators; else a file beside this one
        const data = fs.readFileSync(fs.existsSync(own) ? own : path.join(path.dirname(file), name), encoding);
        return encoding ? data : new base.BinaryStream(new Uint8Array(data));
    },
    asset: async (name) => fs.readFileSync(path.join(folder, name), 'utf-8'),
    error: (error) => { throw error; }
});

// Elements are read when a tensor is looked at; those in a file of their own only when a person asks for them.
const look = (tensor) => {
    try {
        return tensor.values !== undefined;
    } catch (error) {
        return error.message === 'Tensor data not loaded.';
    }
};

const seen = new Map();
let failed = 0;
for (const file of files) {
    try {
        const service = new view.ModelFactoryService(host);
        const model = await service.open(context(file));
        let nodes = 0;
        let tensors = 0;
        let inputs = 0;
        for (const graph of model.modules ?? model.graphs) {
            inputs += (graph.inputs ?? []).length;
            for (const node of graph.nodes) {
                nodes++;
                for (const argument of node.inputs) {
                    for (const value of argument.value ?? []) {
                        tensors += value && value.initializer && look(value.initializer) ? 1 : 0;
                    }
                }
            }
        }
        const good = nodes > 0;
        failed += good ? 0 : 1;
        console.log(`${good ? 'ok    ' : 'FAILED'}  ${path.basename(file)}: ${model.format}, ${inputs} inputs, ${nodes} nodes, ${tensors} tensors`);
        seen.set(model.format, (seen.get(model.format) ?? 0) + 1);
    } catch (error) {
        failed++;
        console.log(`FAILED  ${path.basename(file)}: ${error.message}`);
    }
}
console.log(`${files.length - failed} of ${files.length} files: ${[...seen].map(([format, n]) => `${n} ${format}`).join(', ')}`);
process.exit(failed ? 1 : 0);
