resource "aws_launch_template" "worker" {
  name_prefix   = "worker-"
  image_id      = data.aws_ami.al2023.id
  instance_type = local.size

  user_data = base64encode(<<-EOF
    #!/bin/bash
    set -euo pipefail
    echo "ECS_CLUSTER=${aws_ecs_cluster.main.name}" >> /etc/ecs/ecs.config
    %{ for key, value in var.instance_env ~}
    echo "${key}=${value}" >> /etc/environment
    %{ endfor ~}
    %{ if local.is_prod }
    systemctl enable --now audit
    %{ else }
    systemctl disable audit || true
    %{ endif }
    for f in /opt/*.sh; do bash "$f" "$${HOME}"; done
    EOF
  )

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size = 50
      encrypted   = "true"
    }
  }

  tag_specifications {
    resource_type = "instance"
    tags          = merge(local.tags, { Name = "worker" })
  }
}

data "aws_ami" "al2023" {
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-*-arm64"]
  }
}

resource "aws_autoscaling_group" "workers" {
  min_size            = local.is_prod ? 3 : 1
  max_size            = 12
  vpc_zone_identifier = [for s in aws_subnet.app : s.id if s.tags["Tier"] == "app"]

  mixed_instances_policy {
    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.worker.id
        version            = "$Latest"
      }

      dynamic "override" {
        for_each = toset(["m6g.large", "m7g.large"])
        content { instance_type = override.key }
      }
    }
  }

  dynamic "tag" {
    for_each = local.tags
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }
}
