// SPDX-License-Identifier: MIT
// For stacks.c: an exception.
#include <cstdlib>
#include <stdexcept>
#include <string>

extern "C" void *throw_and_take(std::size_t size);

static __attribute__((noinline)) int descend(int depth)
{
	std::string text(40 + static_cast<std::size_t>(depth), 'x');

	if (depth == 0)
		throw std::runtime_error(text);
	return descend(depth - 1) + static_cast<int>(text.size());
}

void *throw_and_take(std::size_t size)
{
	int sum = 0;

	for (int depth = 1; depth < 30; depth++) {
		try {
			sum += descend(depth);
		} catch (const std::exception &error) {
			sum += error.what()[0];
		}
	}
	void *block = sum > 0 ? std::malloc(size) : nullptr;
	__asm__ volatile("" ::: "memory");
	return block;
}
