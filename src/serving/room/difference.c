/* Differences of two sequences of numbers. */
#include "difference.h"

#include <stdlib.h>
#include <string.h>

static void add(struct difference *difference, enum difference_kind kind, size_t a, size_t b, size_t count)
{
	struct difference_step *last = difference->count > 0 ? &difference->steps[difference->count - 1] : NULL;

	if (count == 0)
		return;
	if (last != NULL && last->kind == kind) {
		last->count += count;
		return;
	}
	if (difference->steps == NULL || difference->count == difference->capacity) {
		difference->capacity = difference->capacity == 0 ? 64 : difference->capacity * 2;
		difference->steps = mem_grow(difference->steps, difference->capacity, sizeof(*difference->steps));
	}
	difference->steps[difference->count++] = (struct difference_step){kind, a, b, count};
}

/* A stretch that is still to be compared: a[a..a_end), b[b..b_end). */
struct stretch {
	size_t a, a_end, b, b_end;
};

struct work {
	const uint32_t *a, *b;
	int64_t *forward, *backward; /* furthest reaching paths, by diagonal, from the middle of the arrays on */
	int64_t middle;
	uint64_t budget; /* of steps over all stretches: what is hostile ends */
	struct difference *difference;
};

/* Whether a path that has come to (x, y) from one end has met the one that has come to other_x on the diagonal other_k from the other end. Paths that left the
 * stretch meet nothing. */
static bool meet(int64_t n, int64_t m, int64_t x, int64_t y, int64_t other_x, int64_t other_k)
{
	return x <= n && y <= m && other_x <= n && other_x - other_k <= m && x + other_x >= n;
}

/* A point on a shortest path through the stretch, near its middle. False: there are more differences than are looked for. */
static bool find_middle(struct work *work, const struct stretch *stretch, size_t *x_out, size_t *y_out)
{
	const uint32_t *a = work->a + stretch->a, *b = work->b + stretch->b;
	int64_t n = (int64_t)(stretch->a_end - stretch->a), m = (int64_t)(stretch->b_end - stretch->b), delta = n - m;
	int64_t most = (n + m + 1) / 2, *forward = work->forward + work->middle, *backward = work->backward + work->middle;

	if (most > DIFFERENCE_MOST)
		most = DIFFERENCE_MOST;
	forward[1] = 0;
	backward[1] = 0;
	for (int64_t d = 0; d <= most; d++) {
		if (work->budget < (uint64_t)(2 * d + 2))
			return false;
		work->budget -= (uint64_t)(2 * d + 2);
		for (int64_t k = -d; k <= d; k += 2) {
			int64_t x = k == -d || (k != d && forward[k - 1] < forward[k + 1]) ? forward[k + 1] : forward[k - 1] + 1,
				y = x - k;

			while (x < n && y < m && x >= 0 && y >= 0 && a[x] == b[y]) {
				x++;
				y++;
			}
			forward[k] = x;
			if ((delta & 1) != 0 && k - delta >= -(d - 1) && k - delta <= d - 1 &&
				meet(n, m, x, y, backward[delta - k], delta - k)) {
				*x_out = (size_t)x;
				*y_out = (size_t)y;
				return true;
			}
		}
		for (int64_t k = -d; k <= d; k += 2) {
			int64_t x = k == -d || (k != d && backward[k - 1] < backward[k + 1]) ? backward[k + 1]
											     : backward[k - 1] + 1,
				y = x - k;

			while (x < n && y < m && x >= 0 && y >= 0 && a[n - 1 - x] == b[m - 1 - y]) {
				x++;
				y++;
			}
			backward[k] = x;
			if ((delta & 1) == 0 && delta - k >= -d && delta - k <= d &&
				meet(n, m, x, y, forward[delta - k], delta - k)) {
				*x_out = (size_t)(n - x);
				*y_out = (size_t)(m - y);
				return true;
			}
		}
	}
	return false;
}

#define STACK_MAX 128

static void compare(struct work *work, struct stretch first)
{
	struct stretch stack[STACK_MAX];
	size_t depth = 0;

	stack[depth++] = first;
	while (depth > 0) {
		struct stretch now = stack[--depth];
		size_t x, y, same = 0;

		while (now.a < now.a_end && now.b < now.b_end && work->a[now.a] == work->b[now.b]) {
			now.a++;
			now.b++;
			same++;
		}
		add(work->difference, DIFFERENCE_SAME, now.a - same, now.b - same, same);
		same = 0;
		while (now.a < now.a_end && now.b < now.b_end && work->a[now.a_end - 1] == work->b[now.b_end - 1]) {
			now.a_end--;
			now.b_end--;
			same++;
		}
		/* The tail waits on the stack, as a stretch of its own that is all the same. */
		if (same > 0 && depth < STACK_MAX)
			stack[depth++] = (struct stretch){now.a_end, now.a_end + same, now.b_end, now.b_end + same};
		if (now.a == now.a_end || now.b == now.b_end) {
			add(work->difference, DIFFERENCE_GONE, now.a, now.b, now.a_end - now.a);
			add(work->difference, DIFFERENCE_NEW, now.a_end, now.b, now.b_end - now.b);
			continue;
		}
		if (depth + 2 > STACK_MAX || !find_middle(work, &now, &x, &y) || (x == 0 && y == 0) ||
			(x == now.a_end - now.a && y == now.b_end - now.b)) {
			add(work->difference, DIFFERENCE_GONE, now.a, now.b, now.a_end - now.a);
			add(work->difference, DIFFERENCE_NEW, now.a_end, now.b, now.b_end - now.b);
			work->difference->coarse = work->difference->coarse || now.a_end - now.a > 1 || now.b_end - now.b > 1;
			continue;
		}
		stack[depth++] = (struct stretch){now.a + x, now.a_end, now.b + y, now.b_end};
		stack[depth++] = (struct stretch){now.a, now.a + x, now.b, now.b + y};
	}
}

void difference_make(struct difference *difference, const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
	struct work work = {.a = a, .b = b, .middle = DIFFERENCE_MOST + 2, .budget = (uint64_t)200 << 20, .difference = difference};

	memset(difference, 0, sizeof(*difference));
	work.forward = mem_array(2 * (DIFFERENCE_MOST + 2) + 2, sizeof(*work.forward));
	work.backward = mem_array(2 * (DIFFERENCE_MOST + 2) + 2, sizeof(*work.backward));
	compare(&work, (struct stretch){0, n, 0, m});
	free(work.forward);
	free(work.backward);
}

void difference_release(struct difference *difference)
{
	free(difference->steps);
	memset(difference, 0, sizeof(*difference));
}
