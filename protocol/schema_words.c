#include "protocol/schema_words.h"

#define SPELT(...) ((const char *const[]){__VA_ARGS__, NULL})

/* clang-format off */
const struct word schema_bool_words[BOOL_WORDS] = {
	{0, SPELT("false", "không", "0", "no", "sai")},
	{1, SPELT("true", "có", "x", "1", "yes", "đúng")},
};

/* No numbers here: two national services number the channels differently. */
const struct word schema_channel_words[CHANNEL_WORDS] = {
	{CHANNEL_COUNTER, SPELT("counter", "trực tiếp", "nộp trực tiếp", "tại quầy", "tại bộ phận một cửa")},
	{CHANNEL_ONLINE, SPELT("online", "trực tuyến", "nộp trực tuyến", "qua mạng")},
	{CHANNEL_POSTAL, SPELT("postal", "bưu chính công ích", "bưu chính", "bcci", "qua bưu chính",
		"qua bưu chính công ích", "dịch vụ bưu chính công ích", "qua dịch vụ bưu chính công ích",
		"bưu điện", "qua bưu điện")},
};

/* The second spelling is the national name, the last the national number. */
const struct word schema_status_words[STATUS_WORDS] = {
	{DOSSIER_SUBMITTED, SPELT("submitted", "mới đăng ký", "mới đăng kí", "chờ tiếp nhận", "1")},
	{DOSSIER_ACCEPTED, SPELT("accepted", "được tiếp nhận", "đã tiếp nhận", "2")},
	{DOSSIER_REFUSED, SPELT("refused", "không được tiếp nhận", "không tiếp nhận", "từ chối tiếp nhận",
		"từ chối", "3")},
	{DOSSIER_IN_PROGRESS, SPELT("in_progress", "đang xử lý", "đang xử lí", "đang giải quyết", "4")},
	{DOSSIER_NEED_DOCS, SPELT("need_docs", "yêu cầu bổ sung giấy tờ", "yêu cầu bổ sung hồ sơ",
		"yêu cầu bổ sung", "chờ bổ sung", "5")},
	{DOSSIER_NEED_PAYMENT, SPELT("need_payment", "yêu cầu thực hiện nghĩa vụ tài chính",
		"chờ thực hiện nghĩa vụ tài chính", "6")},
	{DOSSIER_WITHDRAWN, SPELT("withdrawn", "công dân yêu cầu rút hồ sơ", "yêu cầu rút hồ sơ", "rút hồ sơ",
		"đã rút hồ sơ", "đã rút", "7")},
	{DOSSIER_STOPPED, SPELT("stopped", "dừng xử lý", "dừng xử lí", "đã dừng xử lý", "8")},
	{DOSSIER_DONE, SPELT("done", "đã xử lý xong", "đã xử lí xong", "đã xử lý", "đã có kết quả", "9")},
	{DOSSIER_RETURNED, SPELT("returned", "đã trả kết quả", "đã trả", "10")},
};

const struct word schema_paid_words[PAID_WORDS] = {
	{PAID_NONE, SPELT("none", "chưa thanh toán", "chưa nộp", "không thanh toán")},
	{PAID_COUNTER, SPELT("counter", "trực tiếp", "thanh toán trực tiếp", "tại quầy", "tiền mặt")},
	{PAID_ONLINE, SPELT("online", "trực tuyến", "thanh toán trực tuyến")},
};

const struct word schema_type_words[TYPE_WORDS] = {
	{1, SPELT("computer", "máy tính", "máy vi tính", "máy tính để bàn", "máy tính xách tay", "máy trạm", "pc",
		"laptop")},
	{2, SPELT("scanner", "máy quét", "máy scan", "máy quét tài liệu")},
	{3, SPELT("printer", "máy in")},
	{4, SPELT("copier", "máy photocopy", "máy phô tô", "máy photo", "máy sao chụp")},
	{5, SPELT("queue_machine", "máy lấy số", "máy lấy số thứ tự", "hệ thống lấy số", "máy xếp hàng")},
	{6, SPELT("display", "màn hình", "màn hình hiển thị", "tivi", "bảng điện tử")},
	{7, SPELT("kiosk", "máy tra cứu", "kiosk tra cứu", "ki ốt", "ki-ốt", "máy kiosk")},
	{8, SPELT("camera", "máy quay", "camera giám sát", "camera an ninh")},
	{9, SPELT("network", "thiết bị mạng", "bộ định tuyến", "bộ chuyển mạch", "bộ phát wifi", "router", "switch",
		"modem", "wifi")},
	{10, SPELT("signing_token", "thiết bị ký số", "chữ ký số", "token ký số", "usb token", "usb ký số")},
	{11, SPELT("other", "khác", "thiết bị khác")},
};

const struct word schema_state_words[STATE_WORDS] = {
	{STATE_PLANNED, SPELT("planned", "dự kiến", "kế hoạch", "trong kế hoạch")},
	{STATE_ORDERED, SPELT("ordered", "đã đặt mua", "đã đặt hàng", "đã đặt")},
	{STATE_DELIVERED, SPELT("delivered", "đã giao", "đã giao hàng", "đã nhận")},
	{STATE_INSTALLED, SPELT("installed", "đã lắp đặt", "đã lắp đặt xong", "đã lắp")},
	{STATE_IN_USE, SPELT("in_use", "đang sử dụng", "đang dùng", "đã đưa vào sử dụng")},
	{STATE_RETIRED, SPELT("retired", "đã thanh lý", "đã thanh lí", "thanh lý", "thanh lí", "ngừng sử dụng")},
};

const struct word schema_condition_words[CONDITION_WORDS] = {
	{1, SPELT("ok", "tốt", "bình thường", "hoạt động tốt", "hoạt động bình thường")},
	{2, SPELT("faulty", "hỏng", "bị hỏng", "đã hỏng", "hư hỏng")},
	{3, SPELT("repair", "đang sửa chữa", "đang sửa", "chờ sửa chữa", "chờ sửa", "sửa chữa")},
};
/* clang-format on */
