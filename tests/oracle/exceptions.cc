// SPDX-License-Identifier: MIT
// C++ exceptions thrown past remembered frames, caught at various depths.
#include <stdexcept>
#include <string>
#include <vector>

#include "program.h"

namespace {

struct Guard {
	int depth;
	~Guard() { allocate_somewhere(static_cast<unsigned>(depth)); }
};

NOINLINE int descend(int depth, uint64_t *seed)
{
	Guard guard{depth};
	std::vector<std::string> words(next_random(seed) % 4, std::string(40, 'x'));

	if (depth == 0)
		throw std::runtime_error("deep enough, and too long for the small string");
	if (next_random(seed) % 4 == 0) {
		try {
			return descend(depth - 1, seed) + 1;
		} catch (const std::exception &error) {
			allocate(30);
			if (next_random(seed) % 2)
				throw;
			return static_cast<int>(std::string(error.what()).size());
		}
	}
	return descend(depth - 1, seed) + static_cast<int>(words.size());
}

} // namespace

int main(int argc, char **argv)
{
	uint64_t seed = 3;

	for (int round = rounds_of(argc, argv) * 20; round > 0; round--) {
		try {
			descend(round % 25, &seed);
		} catch (...) {
			allocate(31);
		}
	}
	return 0;
}
