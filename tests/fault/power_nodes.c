/* The power-loss simulator's files and folders: known by number, whatever the kernel calls them, and taken in when recording begins. */
#include "power.h"

#include <stdlib.h>
#include <string.h>

static uint32_t *bucket(struct power *power, ino_t inode)
{
	return &power->buckets[inode % BUCKETS];
}

uint32_t node_of(struct power *power, const struct stat *stat)
{
	if (stat->st_dev != power->device)
		return NO_NODE;
	for (uint32_t i = *bucket(power, stat->st_ino); i != NO_NODE; i = power->nodes[i].next_in_bucket)
		if (power->nodes[i].inode == stat->st_ino) /* the youngest first: inode numbers come again */
			return i;
	return NO_NODE;
}

uint32_t new_node(struct power *power, const struct stat *stat)
{
	if (power->node_count == power->node_cap) {
		power->node_cap = power->node_cap == 0 ? 256 : power->node_cap * 2;
		power->nodes = mem_grow(power->nodes, power->node_cap, sizeof(*power->nodes));
	}
	uint32_t number = (uint32_t)power->node_count++, *head = bucket(power, stat->st_ino);
	power->nodes[number] = (struct node){.device = stat->st_dev,
		.inode = stat->st_ino,
		.mode = stat->st_mode & 07777,
		.is_dir = S_ISDIR(stat->st_mode),
		.next_in_bucket = *head};
	*head = number;
	return number;
}

uint32_t name_number(struct power *power, const char *name, size_t n)
{
	for (size_t i = power->name_count; i-- > 0;)
		if (strncmp(power->names[i], name, n) == 0 && power->names[i][n] == '\0')
			return (uint32_t)i;
	if (power->name_count == power->name_cap) {
		power->name_cap = power->name_cap == 0 ? 256 : power->name_cap * 2;
		power->names = mem_grow(power->names, power->name_cap, sizeof(*power->names));
	}
	power->names[power->name_count] = mem_dup((struct str){name, n});
	return (uint32_t)power->name_count++;
}

static void load_file(struct power *power, uint32_t node, int dir, const char *name)
{
	struct err err = ERR_INIT;

	if (os_read_file(dir, name, SIZE_MAX, &power->nodes[node].base, &err) != 0)
		power_broken(err.text, name);
}

void load_folder(struct power *power, uint32_t node, struct os_dir *list)
{
	struct err err = ERR_INIT;
	struct os_name entry;
	struct stat stat;
	int more;

	while ((more = os_dir_next(list, &entry, &err)) == 1) {
		if (entry.type != DT_DIR && entry.type != DT_REG)
			continue;
		if (fstatat(os_dir_fd(list), entry.name, &stat, AT_SYMLINK_NOFOLLOW) != 0)
			power_broken("examining", entry.name);
		uint32_t child = node_of(power, &stat);
		bool known = child != NO_NODE;
		if (!known)
			child = new_node(power, &stat);
		else
			power->nodes[child].hard_linked = true;
		links_set(&power->base, node, name_number(power, entry.name, strlen(entry.name)), child);
		if (entry.type == DT_REG && !known)
			load_file(power, child, os_dir_fd(list), entry.name);
		struct os_dir *inner;
		if (entry.type == DT_DIR) {
			if (os_dir_open(&inner, os_dir_fd(list), entry.name, &err) != 0)
				power_broken(err.text, entry.name);
			load_folder(power, child, inner);
		}
	}
	if (more < 0)
		power_broken(err.text, "");
	os_dir_close(list);
}

void power_free(struct power *power)
{
	if (power == NULL)
		return;
	for (size_t i = 0; i < power->node_count; i++) {
		buf_release(&power->nodes[i].base);
		free(power->nodes[i].writes);
	}
	for (size_t i = 0; i < power->name_count; i++)
		free(power->names[i]);
	for (size_t i = 0; i < power->op_count; i++) {
		free(power->ops[i].bytes);
		free(power->ops[i].text);
	}
	free(power->nodes);
	free(power->names);
	free(power->ops);
	free(power->base.all);
	free(power->live.all);
	free(power->certain.links.all);
	free(power->certain.pending);
	free(power->certain.synced);
	free(power->certain.lost);
	free(power->certain.kept);
	free(power);
}
