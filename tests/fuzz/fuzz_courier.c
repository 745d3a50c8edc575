/* Courier files: the mutator damages them as they are, or changes what is in a frame and closes its box again. */
#include "fuzz.h"

#include "protocol/courier.h"
#include "protocol/request.h"

enum { FRAMES_MAX = 32, DIRECTION_AT = 12 };

static enum seed receiver_of(struct slice file)
{
	bool to_device = file.len > DIRECTION_AT && file.data[DIRECTION_AT] == COURIER_TO_DEVICE;
	return to_device ? SEED_DEVICE_BOX : SEED_HUB_BOX;
}

static const struct box_key *box_key_of(enum seed seed)
{
	static struct box_key *keys[256];
	uint8_t bytes[SEED_LEN];
	seed_bytes(seed, bytes);
	if (keys[seed] == NULL)
		keys[seed] = box_key_new(bytes);
	if (keys[seed] == NULL)
		die("no key");
	return keys[seed];
}

static void read_content(const struct courier_frame *frame)
{
	static const enum message purposes[] = {
		[COURIER_REQUEST] = MESSAGE_REQUEST,   [COURIER_BATCH] = MESSAGE_BATCH,
		[COURIER_HEAD] = MESSAGE_HEAD,         [COURIER_RECEIPT] = MESSAGE_RECEIPT,
		[COURIER_ENROLLED] = MESSAGE_ENROLLED, [COURIER_COMPARE] = MESSAGE_COMPARE,
		[COURIER_COMPARED] = MESSAGE_COMPARED};
	enum message message;
	struct slice payload;
	struct batch *batch = NULL;
	struct enrol_request request;
	uint8_t mac[MAC_LEN];
	if (frame->kind == COURIER_ENROL &&
	    enrol_open(frame->content, the_hub(), &request, &payload, mac) == STATUS_OK)
		hold(box_public_key_ok(request.box_key), "what is sealed to its key it alone can read");
	if (frame->kind < COURIER_REQUEST || frame->kind > COURIER_COMPARED || frame->kind == COURIER_END ||
	    frame->kind == COURIER_ENROL)
		return;
	if (purpose_under(frame->content, &purposes[frame->kind], 1, &message, &payload) &&
	    message == MESSAGE_BATCH && batch_read(payload, &batch) == STATUS_OK)
		batch_free(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice file = slice_of(data, len);
	struct courier_start start;
	struct courier_frame frame;
	struct courier_reader r = courier_reader_new(file, box_key_of(receiver_of(file)));
	size_t before = r.at;
	enum status s = courier_next(&r, &frame);
	for (; s == STATUS_OK; s = courier_next(&r, &frame)) {
		hold(r.at > before && r.at <= len, "every frame leads on");
		hold(frame.content.len <= COURIER_CONTENT_MAX, "a content has its limit");
		before = r.at;
		read_content(&frame);
	}
	hold(s == STATUS_EMPTY, "a file comes to an end");
	hold(r.at == len, "every byte was looked at");
	hold(r.lost <= len && r.damaged <= LIMIT_COURIER_DAMAGE, "no more is lost than there is");
	if (courier_is_whole(&r))
		hold(r.damaged == 0 && r.end.part >= 1, "a whole file has no damage");
	if (courier_start_read(file, &start) == STATUS_OK)
		hold(start.direction == COURIER_TO_HUB || start.direction == COURIER_TO_DEVICE, "a direction");
	courier_reader_free(&r);
	return 0;
}

enum way { LEFT_OUT, CHANGED, OF_ANOTHER_KIND, TWICE, AS_IT_IS, WAYS };

static void put_frame(struct bytes *out, const uint8_t key[static PUBLIC_KEY_LEN],
		      const struct courier_frame *frame, enum way way)
{
	if (way == LEFT_OUT)
		return;
	struct bytes other = way == CHANGED ? mutated(frame->content) : bytes_new(FUZZ_MAX);
	enum courier_kind kind = frame->kind;
	if (way == OF_ANOTHER_KIND)
		kind = (enum courier_kind)((unsigned)kind % COURIER_COMPARED + 1);
	if (way != CHANGED)
		bytes_put(&other, frame->content.data, frame->content.len);
	bool full = courier_put(out, key, kind, bytes_slice(&other)) != STATUS_OK;
	if (way == TWICE && !full)
		full = courier_put(out, key, kind, bytes_slice(&other)) != STATUS_OK;
	bytes_free(&other);
}

/* The last frame says what is true, or a mutation of it. */
static void put_last(struct bytes *out, const uint8_t key[static PUBLIC_KEY_LEN], uint64_t frames, bool change)
{
	const uint8_t item[] = {0x83, (uint8_t)(frames % 24), 1, 0xf4};
	const struct courier_end last = {.frames = frames, .part = 1};
	if (!change) {
		must(courier_put_end(out, key, &last), "last frame");
		return;
	}
	struct bytes other = mutated(slice_of(item, sizeof(item)));
	must(courier_put(out, key, COURIER_END, bytes_slice(&other)), "last frame");
	bytes_free(&other);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
	struct slice file = slice_of(data, len);
	enum seed receiver = receiver_of(file);
	uint8_t bytes[SEED_LEN];
	uint8_t key[PUBLIC_KEY_LEN];
	struct courier_frame frame;
	if (seed % 4 == 0 || len < COURIER_START_LEN)
		return LLVMFuzzerMutate(data, len, max);
	struct bytes out = bytes_new(FUZZ_MAX);
	struct courier_reader r = courier_reader_new(file, box_key_of(receiver));
	unsigned chosen = seed / 4 % 4;
	seed_bytes(receiver, bytes);
	box_public_key(bytes, key);
	bytes_put(&out, data, COURIER_START_LEN);
	for (unsigned i = 0; i < FRAMES_MAX && courier_next(&r, &frame) == STATUS_OK; i++)
		put_frame(&out, key, &frame, i == chosen ? (enum way)(seed / 16 % WAYS) : AS_IT_IS);
	put_last(&out, key, r.frames, seed / 128 % 4 == 0);
	courier_reader_free(&r);
	return hand_over(&out, data, len, max);
}
