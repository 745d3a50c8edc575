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
	struct slice payload;
	struct batch *batch = NULL;
	struct envelope e;
	size_t which = 0;
	struct enrol_request request;
	uint8_t mac[MAC_LEN];
	if (frame->kind == COURIER_ENROL &&
	    enrol_open(frame->content, the_hub(), &request, &payload, mac) == STATUS_OK)
		hold(box_public_key_ok(request.box_key), "what is sealed to its key it alone can read");
	if (frame->kind < COURIER_REQUEST || frame->kind > COURIER_COMPARED || frame->kind == COURIER_END ||
	    frame->kind == COURIER_ENROL)
		return;
	if (purpose_known(frame->content, &purposes[frame->kind], 1, &which) && frame->kind == COURIER_BATCH &&
	    envelope_peek(frame->content, &e) == STATUS_OK && batch_read(e.payload, &batch) == STATUS_OK)
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

/*
 * One frame changed in a way, and with change_end the last one. Whatever else there is stays as it is sealed, and
 * is not even opened where nobody has to count it: boxes are most of a run's time.
 */
static void put_changed(struct slice file, struct courier_reader *r, unsigned chosen, enum way way, bool change_end,
			struct bytes *out)
{
	uint8_t bytes[SEED_LEN];
	uint8_t key[PUBLIC_KEY_LEN];
	struct courier_frame frame;
	bool count = change_end || way == LEFT_OUT || way == TWICE;
	seed_bytes(receiver_of(file), bytes);
	box_public_key(bytes, key);
	bytes_put(out, file.data, COURIER_START_LEN);
	for (unsigned i = 0; i < FRAMES_MAX && (count || i <= chosen); i++) {
		size_t from = r->at;
		if (courier_next(r, &frame) != STATUS_OK)
			break;
		if (i == chosen)
			put_frame(out, key, &frame, way);
		else
			bytes_put(out, file.data + from, r->at - from);
	}
	if (count)
		put_last(out, key, r->frames, change_end);
	else
		bytes_put(out, file.data + r->at, file.len - r->at);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
	struct slice file = slice_of(data, len);
	if (seed % 4 == 0 || len < COURIER_START_LEN)
		return LLVMFuzzerMutate(data, len, max);
	struct bytes out = bytes_new(FUZZ_MAX);
	struct courier_reader r = courier_reader_new(file, box_key_of(receiver_of(file)));
	put_changed(file, &r, seed / 4 % 4, (enum way)(seed / 16 % WAYS), seed / 128 % 4 == 0, &out);
	courier_reader_free(&r);
	return hand_over(&out, data, len, max);
}
