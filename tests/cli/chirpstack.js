// SPDX-License-Identifier: BSD-2-Clause
// usage: node chirpstack.js NODE_MODULES DEPLOYMENT_DIR QUEUE.jsonl
// Builds ChirpStack's protobuf messages from the JSON, member by member, so
// that an unknown member, enum value or type is an error; then encodes and
// decodes them. Protobuf JSON: bytes are base64, timestamps RFC 3339.
'use strict';
const fs = require('fs');
const [, , modules, deployment, queue] = process.argv;
module.paths.unshift(modules);
const load = (name) =>
    require(`${modules}/@chirpstack/chirpstack-api/api/${name}_pb`);
const fuota = load('fuota');
const group = load('multicast_group');
const device = load('device');
const common = require(`${modules}/@chirpstack/chirpstack-api/common/common_pb`);
const {Timestamp} = require(
    `${modules}/google-protobuf/google/protobuf/timestamp_pb`);

const nested = {
	deployment: fuota.FuotaDeployment,
	multicastGroup: group.MulticastGroup,
};
const enums = {
	multicastGroupType: group.MulticastGroupType,
	multicastClassCSchedulingType: group.MulticastGroupSchedulingType,
	requestFragmentationSessionStatus: fuota.RequestFragmentationSessionStatus,
	groupType: group.MulticastGroupType,
	classCSchedulingType: group.MulticastGroupSchedulingType,
	region: common.Region,
};

function fail(text) {
	console.error(text);
	process.exit(1);
}

function convert(message, key, value, item) {
	const name = key[0].toUpperCase() + key.slice(1);
	if (nested[key] || key === 'queueItem')
		return fill(new (nested[key] || item)(), value);
	if (enums[key]) {
		if (!(value in enums[key]))
			fail(`${key}: no such enum value ${value}`);
		return enums[key][value];
	}
	if (key === 'expiresAt')
		return Timestamp.fromDate(new Date(value));
	const have = message[`get${name}`]();
	if (message[`get${name}_asU8`]) {
		if (Buffer.from(value, 'base64').toString('base64') !== value)
			fail(`${key}: not base64`);
		return value;
	}
	if (!Array.isArray(value) && typeof have !== typeof value)
		fail(`${key}: ${typeof value}, the definition says ${typeof have}`);
	return value;
}

function fill(message, object, item) {
	for (const [key, value] of Object.entries(object)) {
		const name = key[0].toUpperCase() + key.slice(1);
		const setter = Array.isArray(value) ? `set${name}List` : `set${name}`;
		if (typeof message[setter] !== 'function')
			fail(`no such member: ${key}`);
		if (Array.isArray(value))
			message[setter](value);
		else
			message[setter](convert(message, key, value, item));
	}
	return message;
}

function check(type, object, item) {
	const message = fill(new type(), object, item);
	const back = type.deserializeBinary(message.serializeBinary());
	if (JSON.stringify(back.toObject()) !== JSON.stringify(message.toObject()))
		fail('encodes to something else');
	return back;
}

const read = (name) =>
    JSON.parse(fs.readFileSync(`${deployment}/${name}.json`, 'utf8'));
const create = check(fuota.CreateFuotaDeploymentRequest,
    read('create-deployment')).getDeployment();
check(fuota.AddDevicesToFuotaDeploymentRequest, read('add-devices'));
check(fuota.AddGatewaysToFuotaDeploymentRequest, read('add-gateways'));
check(fuota.StartFuotaDeploymentRequest, read('start-deployment'));
if (create.getFragmentationDescriptor_asU8().length !== 4)
	fail('descriptor is not 4 bytes');

const requests = {
	'api.MulticastGroupService/Create': [group.CreateMulticastGroupRequest],
	'api.MulticastGroupService/AddDevice':
	    [group.AddDeviceToMulticastGroupRequest],
	'api.MulticastGroupService/Enqueue':
	    [group.EnqueueMulticastGroupQueueItemRequest,
		group.MulticastGroupQueueItem],
	'api.DeviceService/Enqueue':
	    [device.EnqueueDeviceQueueItemRequest, device.DeviceQueueItem],
};
let count = 0;
for (const line of fs.readFileSync(queue, 'utf8').trim().split('\n')) {
	const {method, body} = JSON.parse(line);
	if (!requests[method])
		fail(`no such method: ${method}`);
	check(requests[method][0], body, requests[method][1]);
	count++;
}
console.log(`${count} requests, payload of ` +
    `${create.getPayload_asU8().length} bytes`);
